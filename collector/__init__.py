"""Passerby's server: the collector that receives events and the console that shows them."""

__version__ = "0.1.0"
