---- MODULE Instances ----
\* INSTANCE with and without WITH, with parameters, of modules inside, of standard modules; names after `!`.
EXTENDS Integers, Sequences

---- MODULE Scale ----
EXTENDS Integers
CONSTANTS Factor, Shift(_)
LOCAL Twice(n) == 2 * n
Of(n) == Shift(n * Factor)
Both(n) == <<Of(n), Twice(n)>>
RECURSIVE Sum(_)
Sum(n) == IF n = 0 THEN 0 ELSE Of(n) + Sum(n - 1)
Table[n \in 0..3] == IF n = 0 THEN Factor ELSE Table[n - 1] + Factor
Map(F(_), s) == [k \in 1..Len(s) |-> F(s[k])]
  \* Len is known here because the module outside extends Sequences.
All(s) == Map(Of, s)
Seven == 7
a ++ b == a * Factor + b
====

Next1(n) == n + 1
Ten == INSTANCE Scale WITH Factor <- 10, Shift <- Next1
By(Factor) == INSTANCE Scale WITH Shift <- LAMBDA n : n - Factor
Any(f, G(_)) == INSTANCE Scale WITH Factor <- f, Shift <- G

ASSUME Ten!Of(2) = 21
ASSUME Ten!Both(3) = <<31, 6>>
ASSUME Ten!Sum(3) = 63
ASSUME Ten!Table[3] = 40
ASSUME Ten!All(<<1, 2>>) = <<11, 21>>
ASSUME Ten!Seven = 7
ASSUME By(3)!Of(2) = 3
ASSUME By(3)!Sum(2) = 3
ASSUME By(4)!Table[2] = 12
ASSUME By(2)!All(<<5, 6>>) = <<8, 10>>
ASSUME By(2)!Seven = 7
ASSUME Any(5, Next1)!Of(2) = 11
ASSUME Any(5, LAMBDA n : -n)!Both(2) = <<-10, 4>>
ASSUME Ten!++(3, 4) = 34
ASSUME \E k \in 1..5 : By(k)!Of(2) = 4
ASSUME {By(k)!Of(1) : k \in 1..3} = {0}
ASSUME LET In == INSTANCE Scale WITH Factor <- 2, Shift <- Next1 IN In!Of(3) = 7
ASSUME \A k \in 1..3 : LET In == INSTANCE Scale WITH Factor <- k, Shift <- Next1 IN In!Sum(2) = 3 * k + 2
ASSUME LET two == 2
           In == INSTANCE Scale WITH Factor <- two, Shift <- Next1
           F(n) == In!Both(n)
       IN  F(3) = <<7, 6>>

---- MODULE Outer ----
CONSTANT Base
Deep == INSTANCE Scale WITH Factor <- Base + 1, Shift <- Next1
Here(n) == Deep!Of(n) + Base
====
Nested == INSTANCE Outer WITH Base <- 4
Each(Base) == INSTANCE Outer
ASSUME Nested!Here(2) = 15
ASSUME Nested!Deep!Of(2) = 11
ASSUME Each(1)!Deep!Of(2) = 5
ASSUME Each(1)!Here(2) = 6
ASSUME Each(1)!Deep!Table[1] = 4

LOCAL INSTANCE FiniteSets
B == INSTANCE Bags
ASSUME Cardinality({1, 2}) = 2
ASSUME B!CopiesIn(1, B!SetToBag({1})) = 1
ASSUME Ten!Of(1) + B!BagCardinality(B!EmptyBag) = 11

\* Operators of the language as arguments.
Fold2(Op(_, _), x, y) == Op(x, y)
ASSUME Fold2(+, 1, 2) = 3
ASSUME Fold2(\cup, {1}, {2}) = {1, 2}
ASSUME Fold2(=, 1, 1)
ASSUME Fold2(\in, 1, {1})

\* Labels are names of places, and change nothing.
Labelled == \A k \in {1} : here(k) :: (k = 1 /\ there :: TRUE)
ASSUME Labelled

\* What cannot be evaluated may be written.
Nothing == CHOOSE x : x \notin {1}
Everything == \A x : x = x
ASSUME TRUE \/ Everything
====
