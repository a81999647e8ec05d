"""gpuplan: which accelerators to buy, from whom, for which site and when, and the facility that runs them."""
