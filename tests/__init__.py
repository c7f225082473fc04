"""Proofs of Easel; the folders mirror those of the product."""
