"""The rules of limits, trading states, conversion rates and risk events; no network, no clock."""
