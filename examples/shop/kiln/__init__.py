"""Kiln & Co: a website that three host names share, and that knows nothing of Passerby but a pasted snippet."""
