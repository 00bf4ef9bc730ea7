"""The engines that a Python user finds in the package index, behind one small face each."""
