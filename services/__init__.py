"""The services of tickmesh, one folder each, and what they all stand on."""
