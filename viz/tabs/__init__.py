"""One room a file, each with a function that fills its tab."""
