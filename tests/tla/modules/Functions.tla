------------------------------ MODULE Functions ------------------------------
\* Functions, records, tuples, Cartesian products, strings, EXCEPT.
EXTENDS Naturals, FiniteSets

square == [n \in 0..3 |-> n * n]
point == [x |-> 1, y |-> 2]
grid == [i \in 1..2 |-> [j \in {"a", "b"} |-> <<i, j>>]]

ASSUME square[3] = 9
ASSUME DOMAIN square = 0..3
ASSUME square = [m \in {3, 2, 1, 0} |-> m * m]
ASSUME square # [m \in 0..2 |-> m * m]
ASSUME [x \in {1, 2}, y \in {3} |-> x + y] = [p \in {1, 2} \X {3} |-> p[1] + p[2]]
ASSUME [x, y \in {1, 2} |-> x * y][2, 2] = 4
ASSUME [x, y \in {1, 2} |-> x * y][<<1, 2>>] = 2
ASSUME [<<x, y>> \in {<<1, 2>>} |-> x + y][1, 2] = 3
ASSUME DOMAIN [x \in {1, 2}, y \in {3} |-> 0] = {<<1, 3>>, <<2, 3>>}
ASSUME [x \in {} |-> x] = <<>>
ASSUME DOMAIN <<>> = {}
ASSUME grid[2]["b"] = <<2, "b">>
ASSUME grid[1].a[2] = "a"
ASSUME [f \in {square} |-> f[2]][square] = 4

\* --- tuples are functions on 1..n ---
ASSUME <<"a", "b">> = [i \in 1..2 |-> IF i = 1 THEN "a" ELSE "b"]
ASSUME DOMAIN <<7, 8>> = {1, 2}
ASSUME <<7, 8>>[2] = 8
ASSUME <<<<1>>, <<2>>>>[2][1] = 2
ASSUME <<1, 2>> # <<1, 2, 3>> /\ <<1, 2>> # <<2, 1>>

\* --- records are functions on strings ---
ASSUME point.x = 1 /\ point["y"] = 2
ASSUME DOMAIN point = {"x", "y"}
ASSUME point = [y |-> 2, x |-> 1]
ASSUME point = [f \in {"x", "y"} |-> IF f = "x" THEN 1 ELSE 2]
ASSUME [a |-> [b |-> [c |-> 5]]].a.b.c = 5
ASSUME [a |-> 1] # [b |-> 1]
ASSUME [a |-> 1] # [a |-> 1, b |-> 2]
ASSUME {[a |-> 1, b |-> 2], [b |-> 2, a |-> 1]} = {[a |-> 1, b |-> 2]}

\* --- EXCEPT ---
ASSUME [square EXCEPT ![2] = 0] = [n \in 0..3 |-> IF n = 2 THEN 0 ELSE n * n]
ASSUME [square EXCEPT ![2] = @ + 1][2] = 5
ASSUME [square EXCEPT ![1] = 7, ![2] = @ + 7] = [n \in 0..3 |-> CASE n = 1 -> 7 [] n = 2 -> 11 [] OTHER -> n * n]
ASSUME [square EXCEPT ![1] = @ + 1, ![1] = @ * 10][1] = 20
ASSUME [point EXCEPT !.x = 5] = [x |-> 5, y |-> 2]
ASSUME [point EXCEPT !["x"] = 5, !.y = @ + @] = [x |-> 5, y |-> 4]
ASSUME [<<1, 2, 3>> EXCEPT ![2] = "b"] = <<1, "b", 3>>
ASSUME [grid EXCEPT ![1]["a"] = 0][1] = [a |-> 0, b |-> <<1, "b">>]
ASSUME [grid EXCEPT ![1].a = 0, ![2].b[1] = @ + 40] =
         <<[a |-> 0, b |-> <<1, "b">>], [a |-> <<2, "a">>, b |-> <<42, "b">>]>>
ASSUME [grid EXCEPT ![1].a = [@ EXCEPT ![1] = @ + 8]][1].a = <<9, "a">>
ASSUME [[a |-> <<1, [b |-> 2]>>] EXCEPT !.a[2].b = @ * @ + point.y].a[2].b = 6
ASSUME [[x, y \in 1..2 |-> x * y] EXCEPT ![1, 2] = 9][<<1, 2>>] = 9
ASSUME [square EXCEPT ![9] = 1] = square
ASSUME square[2] = 4 /\ point.x = 1

\* --- sets of functions and of records ---
ASSUME [{1, 2} -> {"a"}] = {<<"a", "a">>}
ASSUME [{"p"} -> {1, 2}] = {[p |-> 1], [p |-> 2]}
ASSUME [{} -> {1}] = {<<>>}
ASSUME [{1} -> {}] = {}
ASSUME Cardinality([1..3 -> BOOLEAN]) = 8
ASSUME square \in [0..3 -> Nat]
ASSUME square \notin [0..3 -> 0..8] /\ square \notin [0..2 -> Nat]
ASSUME \A f \in [{"p", "q"} -> 1..2] : DOMAIN f = {"p", "q"} /\ f.p \in 1..2
ASSUME [{1} -> [{2} -> {3}]] = {[i \in {1} |-> [j \in {2} |-> 3]]}
ASSUME [x : {1, 2}, y : {3}] = {[x |-> 1, y |-> 3], [x |-> 2, y |-> 3]}
ASSUME point \in [x : Nat, y : Nat] /\ point \notin [x : Nat, y : {1}]
ASSUME point \notin [x : Nat] /\ point \notin [x : Nat, y : Nat, z : Nat]
ASSUME Cardinality([a : 1..2, b : 1..3, c : BOOLEAN]) = 12
ASSUME [x : {}, y : {1}] = {}
ASSUME {r.x : r \in [x : 1..3, y : {0}]} = 1..3

\* --- Cartesian products ---
ASSUME {1, 2} \X {3} = {<<1, 3>>, <<2, 3>>}
ASSUME {1} \X {2} \X {3} = {<<1, 2, 3>>}
ASSUME ({1} \X {2}) \X {3} = {<<<<1, 2>>, 3>>}
ASSUME {1} \X ({2} \X {3}) = {<<1, <<2, 3>>>>}
ASSUME <<1, "a">> \in Nat \X {"a", "b"}
ASSUME <<1, 2, 3>> \in Nat \X Nat \X Nat
ASSUME <<1, 2>> \notin {1} \X {3} /\ <<1, 2>> \notin {1} \X {2} \X {3}
ASSUME {1, 2} \times {} = {}
ASSUME Cardinality((1..2) \X (1..3) \X BOOLEAN) = 12

\* --- strings ---
ASSUME "a" = "a" /\ "a" # "A"
ASSUME "a b" \in STRING /\ "" \in STRING
ASSUME "tab\t" # "tab" /\ "\"" # "\\"
ASSUME {"b", "a"} = {"a", "b"}
==============================================================================
