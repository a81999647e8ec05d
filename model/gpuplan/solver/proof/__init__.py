"""What HiGHS finds is proven here: branch and bound over relaxations without presolve, with bounds that are safe.

Nothing that a solver says is taken for true. Its multipliers are, whatever they are worth: any multipliers of the rows
give a bound, worked out here with room for every rounding.
"""
