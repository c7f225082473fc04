"""Pixel models as most public code has them, written from the papers: ``benchmarks.training`` compares with these."""
