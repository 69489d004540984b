-------------------------------- MODULE Parts ---------------------------------
\* Parts of definitions by their place (TLA+2, "subexpressions"), and theorems by their name.
EXTENDS Integers, Sequences

Bullets(n) ==
    /\ n > 1
    /\ \E m \in 1 .. n : m * m = n
    /\ IF n > 4 THEN n \in {9, 16} ELSE n + 1 = 5

Chain == 1 = 1 /\ 2 = 2 /\ 3 = 4
Sum == (1 + 2) * 3
Triple == <<7, 8, 9>>
LEMMA Small == \A n \in 1 .. 3 : n < 4

ASSUME Bullets(9) /\ Bullets(4) /\ ~Bullets(25)
ASSUME Bullets(25)!1 /\ Bullets(25)!2 /\ ~Bullets(25)!3
ASSUME Bullets(25)!1!1 = 25 /\ Bullets(25)!1!>> = 1
ASSUME Bullets(25)!2!1 = 1 .. 25
ASSUME Bullets(25)!2!(5) /\ ~Bullets(25)!2!(4)
ASSUME Bullets(9)!3!1 /\ Bullets(9)!3!2 /\ ~Bullets(9)!3!3
ASSUME Chain!1 /\ Chain!1!1 /\ ~Chain!2
ASSUME Chain!1!2!<< = 2
ASSUME Sum!1 = 3 /\ Sum!1!2 = 2 /\ Sum!: = 9
ASSUME Triple!3 = 9
ASSUME Small /\ Small!: /\ ~Small!(4)
===============================================================================
