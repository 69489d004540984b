"""TLA+ as first-order logic, for z3: is an invariant inductive, and which states satisfy a formula?

Nothing here knows Raft.

    theory       what constants are sorts, what shapes variables have, what is assumed
    translation  expressions to formulas; steps: actions to guards and new values
    fragment     refuses what no solver decides
    obligations  what is to be shown of an inductive invariant; proof: decides it, on several processes
    solver       formulas to z3, and z3's models to structures; counterexamples: structures to TLA+ values

The text of the module is the only source. What lies outside of the fragment is refused with its place, never
approximated; what z3 finds is evaluated again by the explicit engine before anyone sees it.
"""
