-------------------------------- MODULE Logic --------------------------------
\* Propositions, IF, CASE, quantifiers and CHOOSE.
EXTENDS Naturals

\* --- propositions ---
ASSUME TRUE /\ ~FALSE
ASSUME \A p, q \in BOOLEAN : (p /\ q) = ~(~p \/ ~q)
ASSUME \A p, q \in BOOLEAN : (p => q) = (~p \/ q)
ASSUME \A p, q \in BOOLEAN : (p <=> q) = (p = q)
ASSUME \A p, q \in BOOLEAN : (p # q) = ~(p <=> q)
ASSUME (FALSE => 1 = "one") /\ (TRUE \/ 1 = "one") /\ ~(FALSE /\ 1 = "one")
ASSUME FALSE => (FALSE => TRUE)
ASSUME ~FALSE /\ FALSE => FALSE
ASSUME TRUE \/ FALSE <=> TRUE
ASSUME ~ TRUE = FALSE
ASSUME BOOLEAN = {TRUE, FALSE}
ASSUME \neg (TRUE \land FALSE) /\ (TRUE \lor FALSE) /\ (TRUE \equiv TRUE)
ASSUME 1 /= 2 /\ 1 # 2 /\ ~(1 # 1)

\* --- lists of conjuncts and disjuncts: their indentation is their bracket ---
ASSUME /\ TRUE
       /\ \/ FALSE
          \/ /\ TRUE
             /\ \/ FALSE
                \/ TRUE
       /\ 1 + 1
            = 2
ASSUME \/ FALSE
       \/ TRUE => TRUE
ASSUME ~ /\ TRUE
         /\ FALSE
ASSUME /\ FALSE => \/ FALSE
                   \/ FALSE
       /\ TRUE
ASSUME LET both == /\ TRUE
                   /\ TRUE
       IN  both
ASSUME \A x \in {1, 2} :
          \/ x = 1
          \/ x = 2

\* --- IF and CASE ---
ASSUME (IF 1 < 2 THEN "less" ELSE "not") = "less"
ASSUME (IF 2 < 1 THEN 1 + "a" ELSE 3) = 3
ASSUME (IF TRUE THEN 1 ELSE 2) + 1 = 2
ASSUME IF TRUE THEN TRUE ELSE FALSE /\ FALSE
ASSUME LET sign(n) == CASE n = 0 -> "zero"
                        [] n > 5 -> "large"
                        [] OTHER -> "small"
       IN  <<sign(0), sign(9), sign(3)>> = <<"zero", "large", "small">>
ASSUME (CASE 1 = 1 -> "a") = "a"
ASSUME (CASE FALSE -> 1 [] TRUE -> CASE FALSE -> 2 [] OTHER -> 3) = 3

\* --- quantifiers ---
ASSUME \A x \in {} : FALSE
ASSUME ~ \E x \in {} : TRUE
ASSUME \A x \in 1..3 : \E y \in 1..3 : x + y = 4
ASSUME ~ \E y \in 1..3 : \A x \in 1..3 : x + y = 4
ASSUME \E x, y \in 1..3 : x # y
ASSUME \A x \in 1..2, y \in 3..4 : x < y
ASSUME \A x, y \in 1..2, z \in {5} : x + y < z
ASSUME \E x \in {1} : \E x2 \in {x + 1} : x2 = 2
ASSUME \E <<a, b>> \in {<<1, 2>>, <<3, 4>>} : a = 3 /\ b = 4
ASSUME \A <<a, b>> \in {1} \X {2}, c \in {3} : a + b = c
ASSUME \A <<a, b, c>> \in {1} \X {2} \X {3} : <<c, b, a>> = <<3, 2, 1>>
ASSUME \A x \in 1..2 : x > 0 => \E y \in 0..1 : y < x
ASSUME (\A x \in 1..2 : x > 1) = FALSE
ASSUME \forall x \in {1} : \exists y \in {1} : x = y

\* --- CHOOSE ---
ASSUME (CHOOSE x \in 1..9 : x > 3 /\ x < 5) = 4
ASSUME LET x == CHOOSE x \in 1..9 : x > 3 IN x \in 4..9
ASSUME (CHOOSE x \in {1, 2} : x > 0) = (CHOOSE y \in {2, 1} : y > 0)
ASSUME (CHOOSE <<a, b>> \in {<<1, 2>>, <<2, 2>>} : a = b) = <<2, 2>>
ASSUME LET max(S) == CHOOSE m \in S : \A n \in S : n <= m IN max({3, 7, 5}) = 7
==============================================================================
