--------------------- MODULE Lift_counterexample ---------------------
EXTENDS Integers, TLC

CONSTANTS Nobody, ann

Persons == {"bob", ann}

Top == 1

Behavior == <<
  [ floor |-> 0,
    calls |-> <<>> ],
  [ floor |-> 0,
    calls |-> <<[by |-> {"bob", ann}, floor |-> 1]>> ],
  [ floor |-> 1,
    calls |-> <<[by |-> {"bob", ann}, floor |-> 1]>> ]
>>

Actions == <<"", "Call({ann, \"bob\"})", "Move">>

BackTo == 1

======================================================================
