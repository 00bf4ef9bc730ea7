"""Ticks a second from PublishTicks through the pricing service into its subscribers' NumPy arrays."""
