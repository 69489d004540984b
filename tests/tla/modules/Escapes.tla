---- MODULE Escapes ----
\* Functions and sets that cannot be enumerated, made for each of several elements: each keeps its own.
EXTENDS Integers

Three == {1, 2, 3}
ASSUME LET f == [i \in Three |-> {x \in Nat : x < i + 1}] IN 3 \notin f[1] /\ 1 \in f[1] /\ 3 \in f[3]
ASSUME LET f == [i \in Three |-> [x \in Nat |-> x + i + 1]] IN f[1][1] = 3 /\ f[2][1] = 4 /\ f[3][0] = 4
ASSUME LET f == [i \in Three |-> LET g[n \in Nat] == IF n = 0 THEN i + 1 ELSE 1 + g[n - 1] IN g]
       IN  f[1][2] = 4 /\ f[3][2] = 6
ASSUME LET f == [i \in Three |->
                   LET RECURSIVE Op(_)
                       Op(n) == IF n = 0 THEN i ELSE 1 + Op(n - 1)
                   IN  [x \in Nat |-> Op(x)]]
       IN  f[1][2] = 3 /\ f[2][2] = 4 /\ f[3][0] = 3
ASSUME LET f == [i \in Three |-> LET twice == 2 * i IN [x \in Nat |-> x + twice]] IN f[1][0] = 2 /\ f[2][0] = 4
ASSUME \A i \in Three : LET f == [x \in Nat |-> {y \in Nat : y < x + i}] IN i + 4 \in f[5] /\ i + 5 \notin f[5]
====
