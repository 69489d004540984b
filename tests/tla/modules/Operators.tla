------------------------------ MODULE Operators ------------------------------
\* Definitions: operators and infix operators, LET, LAMBDA, operators as arguments, recursion.
EXTENDS Integers, Sequences, FiniteSets

Double(n) == 2 * n
Twice(F(_), n) == F(F(n))
Fold(Op(_, _), base, s) ==
    LET fold[i \in 0..Len(s)] == IF i = 0 THEN base ELSE Op(fold[i - 1], s[i])
    IN  fold[Len(s)]
a (+) b == <<a, b>>
a ++ b == a + b + 1
x ^+ == x * 10
Max(S) == CHOOSE m \in S : \A n \in S : n <= m

factorial[n \in Nat] == IF n = 0 THEN 1 ELSE n * factorial[n - 1]
power[base \in 0..3, exponent \in 0..5] == IF exponent = 0 THEN 1 ELSE base * power[base, exponent - 1]

RECURSIVE Sum(_)
Sum(S) == IF S = {} THEN 0 ELSE LET one == CHOOSE e \in S : TRUE IN one + Sum(S \ {one})

RECURSIVE IsEven(_), IsOdd(_)
IsEven(n) == IF n = 0 THEN TRUE ELSE IsOdd(n - 1)
IsOdd(n) == IF n = 0 THEN FALSE ELSE IsEven(n - 1)

RECURSIVE Map(_, _)
Map(F(_), s) == IF s = <<>> THEN <<>> ELSE <<F(Head(s))>> \o Map(F, Tail(s))

LOCAL Hidden == 42

\* --- operators ---
ASSUME Double(Double(3)) = 12
ASSUME Hidden = 42
ASSUME 1 (+) 2 = <<1, 2>>
ASSUME 1 ++ 2 = 4
ASSUME 7^+ = 70
ASSUME Max({3, 9, 4}) = 9
ASSUME {Double(n) : n \in 1..3} = {2, 4, 6}

\* --- operators as arguments ---
ASSUME Twice(Double, 3) = 12
ASSUME Twice(LAMBDA n : n + 1, 3) = 5
ASSUME Fold(+, 0, <<1, 2, 3>>) = 6
ASSUME Fold(LAMBDA m, n : 10 * m + n, 0, <<1, 2, 3>>) = 123
ASSUME Fold(\o, <<>>, <<<<1>>, <<2, 3>>>>) = <<1, 2, 3>>
ASSUME LET k == 5 IN Twice(LAMBDA n : n + k, 1) = 11
ASSUME LET Apply(F(_), n) == F(n)  AddTo(m, n) == m + n
       IN  Apply(LAMBDA n : Apply(LAMBDA m : AddTo(m, n), 20), 1) = 21
ASSUME Map(Double, <<1, 2, 3>>) = <<2, 4, 6>>
ASSUME Map(LAMBDA s : Map(Double, s), <<<<1>>, <<2, 3>>>>) = <<<<2>>, <<4, 6>>>>

\* --- LET ---
ASSUME LET x == 1 IN x + x = 2
ASSUME LET x == 1  y == x + 1 IN y = 2
ASSUME LET x == 1 IN LET y == x + 1 IN x + y = 3
ASSUME LET Add(m, n) == m + n IN Add(1, 2) = 3
ASSUME LET unused == 1 + "a" IN TRUE
ASSUME LET s == {n \in 1..5 : n > 3} IN \A n \in s : LET m == n - 3 IN m \in 1..2
ASSUME \A n \in 1..3 : LET square == n * n IN square = n * n
ASSUME {LET m == n * n IN m + 1 : n \in 1..3} = {2, 5, 10}
ASSUME LET f[n \in 1..3] == n * n IN f = <<1, 4, 9>>

\* --- recursion ---
ASSUME factorial[5] = 120
ASSUME power[2, 5] = 32 /\ power[3, 0] = 1
ASSUME LET f[n \in Nat] == n + 1  At(g, n) == g[n] IN At(f, 3) = 4
ASSUME LET fib[n \in Nat] == IF n < 2 THEN n ELSE fib[n - 1] + fib[n - 2] IN fib[20] = 6765
ASSUME LET f[n \in 0..3] == IF n = 0 THEN <<>> ELSE Append(f[n - 1], n) IN f[3] = <<1, 2, 3>>
ASSUME LET f[n \in 1..2] == n  g[n \in 1..2] == n IN f = g /\ f = <<1, 2>> /\ f \in {<<1, 2>>}
ASSUME LET f[n \in 0..2] == IF n = 0 THEN 0 ELSE f[n - 1] + 1 IN [f EXCEPT ![1] = 9] = [n \in 0..2 |-> IF n = 1 THEN 9 ELSE n]
ASSUME LET f[n \in 0..2] == n IN DOMAIN f = 0..2
ASSUME Sum({1, 2, 3, 4}) = 10
ASSUME IsEven(10) /\ IsOdd(7) /\ ~IsOdd(4)
ASSUME LET RECURSIVE Gcd(_, _)
           Gcd(m, n) == IF n = 0 THEN m ELSE Gcd(n, m % n)
       IN  Gcd(12, 18) = 6
ASSUME LET RECURSIVE Permute(_)
           Permute(S) == IF S = {} THEN {<<>>} ELSE UNION {{<<e>> \o p : p \in Permute(S \ {e})} : e \in S}
       IN  Cardinality(Permute(1..4)) = 24
ASSUME [[k \in 1..2 |-> k] EXCEPT ![1] = LET g[i \in 1..2] == i + @ IN 5][1] = 5
==========================================================================
