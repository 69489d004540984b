-------------------------------- MODULE Lists --------------------------------
\* Module Sequences.
EXTENDS Naturals, Sequences

abc == <<"a", "b", "c">>

ASSUME Len(<<>>) = 0 /\ Len(abc) = 3
ASSUME Head(abc) = "a" /\ Tail(abc) = <<"b", "c">>
ASSUME Tail(<<1>>) = <<>>
ASSUME Append(<<>>, 1) = <<1>>
ASSUME Append(abc, <<>>) = <<"a", "b", "c", <<>>>>
ASSUME <<1>> \o <<2, 3>> = <<1, 2, 3>>
ASSUME <<>> \o abc = abc /\ abc \o <<>> = abc
ASSUME <<1>> \o <<2>> \o <<3>> = <<1, 2, 3>>
ASSUME SubSeq(abc, 1, 3) = abc
ASSUME SubSeq(abc, 2, 2) = <<"b">>
ASSUME SubSeq(abc, 3, 2) = <<>>
ASSUME SubSeq(abc, 1, 0) = <<>>
ASSUME \A i \in 1..3, j \in 0..3 : Len(SubSeq(abc, i, j)) = IF j < i THEN 0 ELSE j - i + 1
ASSUME SelectSeq(<<1, 4, 2, 5>>, LAMBDA n : n > 3) = <<4, 5>>
ASSUME LET Even(n) == n % 2 = 0 IN SelectSeq(<<1, 4, 2, 5>>, Even) = <<4, 2>>
ASSUME SelectSeq(<<>>, LAMBDA n : TRUE) = <<>>
ASSUME <<1, 2>> \in Seq(Nat) /\ <<>> \in Seq({})
ASSUME <<1, 3>> \notin Seq({1, 2})
ASSUME <<<<1>>, <<>>>> \in Seq(Seq({1}))
ASSUME abc \in Seq(STRING)
ASSUME LET S == Seq({1}) IN <<1>> \in S /\ <<2>> \notin S
ASSUME LET Has(S, s) == s \in S IN Has(Seq(Nat), <<3>>) /\ Has([a : Seq({1})], [a |-> <<1>>])
ASSUME [i \in 1..3 |-> i * i] = <<1, 4, 9>>
ASSUME Len([i \in 1..3 |-> i]) = 3
ASSUME Append([i \in 1..2 |-> i], 3) = <<1, 2, 3>>
ASSUME Head([i \in 1..2 |-> i + 10]) = 11
ASSUME [abc EXCEPT ![Len(abc)] = "z"] = <<"a", "b", "z">>
ASSUME {abc[i] : i \in DOMAIN abc} = {"a", "b", "c"}
ASSUME \E i \in 1..Len(abc) : abc[i] = "c"
ASSUME LET Reverse(s) == [i \in 1..Len(s) |-> s[Len(s) - i + 1]] IN Reverse(abc) = <<"c", "b", "a">>
ASSUME LET IsPrefix(s, t) == Len(s) <= Len(t) /\ s = SubSeq(t, 1, Len(s))
       IN  IsPrefix(<<>>, abc) /\ IsPrefix(<<"a">>, abc) /\ ~IsPrefix(<<"b">>, abc)
==============================================================================
