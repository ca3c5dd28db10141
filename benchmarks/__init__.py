"""Speed, memory and accuracy, measured: `python dev.py bench [name …]`. Ratios within one run are what counts."""
