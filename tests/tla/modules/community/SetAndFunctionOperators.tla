------------------------ MODULE SetAndFunctionOperators ------------------------
\* Community modules FiniteSetsExt, Functions and Folds.
EXTENDS FiniteSetsExt, Functions, Folds, Sequences

ASSUME FoldSet(LAMBDA e, found : <<e>> \o found, <<>>, {3, 1, 2}) = <<3, 2, 1>>
ASSUME ReduceSet(LAMBDA e, found : e + found, {3, 1, 2}, 10) = 16
ASSUME SumSet({1, 2, 3}) = 6 /\ SumSet({}) = 0 /\ ProductSet({2, 3}) = 6 /\ ProductSet({}) = 1
ASSUME MapThenSumSet(LAMBDA e : e * e, {1, 2, -2}) = 9
ASSUME FlattenSet({{1}, {2, 3}}) = {1, 2, 3} /\ SymDiff({1, 2}, {2, 3}) = {1, 3}
ASSUME Quantify({1, 2, 3}, LAMBDA e : e > 1) = 2
ASSUME kSubset(2, {1, 2, 3}) = {{1, 2}, {1, 3}, {2, 3}} /\ kSubset(0, {1}) = {{}} /\ kSubset(2, {1}) = {}
ASSUME Cardinality(kSubset(3, 1..7)) = 35
ASSUME Max({1, 3, 2}) = 3 /\ Min({1, 3, -2}) = -2
ASSUME Choices({{1, 2}, {2, 3}}) = {{1, 2}, {1, 3}, {2}, {2, 3}} /\ Choices({}) = {{}} /\ Choices({{1}, {}}) = {}
ASSUME ChooseUnique({1, 2, 3}, LAMBDA e : e > 2) = 3

ASSUME Restrict([a |-> 1, b |-> 2], {"a"}) = [a |-> 1]
ASSUME RestrictDomain(<<5, 6>>, LAMBDA i : i = 1) = <<5>>
ASSUME RestrictValues([a |-> 1, b |-> 2], LAMBDA e : e = 2) = [b |-> 2]
ASSUME IsRestriction([a |-> 1], [a |-> 1, b |-> 2]) /\ ~IsRestriction([a |-> 2], [a |-> 1]) /\ ~IsRestriction([c |-> 1], [a |-> 1])
ASSUME Range(<<1, 1, 2>>) = {1, 2} /\ Range([a |-> 1]) = {1}
ASSUME Pointwise([a |-> 1, b |-> 2], [a |-> 5, b |-> 6], +) = [a |-> 6, b |-> 8]
ASSUME Inverse([a |-> 1, b |-> 2], {"a", "b"}, {1, 2}) = <<"a", "b">>
ASSUME AntiFunction([a |-> "x", b |-> "y"]) = [x |-> "a", y |-> "b"]
ASSUME IsInjective(<<1, 2>>) /\ ~IsInjective(<<1, 1>>) /\ IsInjective(<<>>)
ASSUME Injection({1, 2}, {3, 4}) = {<<3, 4>>, <<4, 3>>} /\ Injection({1, 2}, {3}) = {}
ASSUME Surjection({1, 2}, {3}) = {<<3, 3>>} /\ Surjection({1}, {3, 4}) = {}
ASSUME Cardinality(Surjection(1..4, 1..2)) = 14 /\ Cardinality(Bijection(1..4, 1..4)) = 24 /\ Bijection({1}, {1, 2}) = {}
ASSUME ExistsInjection({1}, {3, 4}) /\ ~ExistsInjection({1, 2}, {3})
ASSUME ExistsSurjection({1, 2}, {3}) /\ ~ExistsSurjection({1, 2}, {}) /\ ExistsSurjection({}, {}) /\ ~ExistsSurjection({}, {1})
ASSUME ExistsBijection({1, 2}, {3, 4}) /\ ~ExistsBijection({1, 2}, {3})
ASSUME FoldFunction(LAMBDA e, found : <<e>> \o found, <<>>, <<1, 2, 3>>) = <<3, 2, 1>>
ASSUME FoldFunctionOnSet(+, 0, <<1, 2, 3>>, {1, 3}) = 4 /\ FoldFunctionOnSet(+, 7, <<1>>, {}) = 7
ASSUME SumFunction([a |-> 1, b |-> 2]) = 3 /\ SumFunctionOnSet(<<4, 5, 6>>, {1, 2}) = 9
ASSUME MapThenFoldSet(LAMBDA e, found : <<e>> \o found, <<>>, LAMBDA e : e * 10, LAMBDA S : Max(S), {1, 2, 3}) = <<30, 20, 10>>
================================================================================
