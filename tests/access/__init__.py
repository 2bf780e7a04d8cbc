"""Who can do what at a bank that was handed over, found by trying.

`bank` takes the bank that a deployment left on a node into an EVM of this process; `calls` lists
every function of its manager, timelocks and keeper and every restricted function of its contracts;
`powers` and `settings` say what an act changed; and `explorer` makes every call with every key,
goes on from each act that changes who may do what, lets time pass, and tells the shortest way to
each kind of widening.
"""
