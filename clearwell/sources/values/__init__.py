"""Text or Arrow values to the declared types: numbers, decimals, dates; exactly or not at all."""
