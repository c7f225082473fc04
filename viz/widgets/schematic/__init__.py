"""The schematic of a network, and the formula that it draws."""
