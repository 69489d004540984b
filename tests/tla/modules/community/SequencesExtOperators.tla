------------------------- MODULE SequencesExtOperators -------------------------
\* Community module SequencesExt: sequences and sets, search, insertion, removal, prefixes, folds, sub-sequences.
EXTENDS SequencesExt, Integers

ASSUME ToSet(<<1, 2, 1>>) = {1, 2} /\ ToSet(<<>>) = {} /\ ToSet([a |-> 1, b |-> 1]) = {1}
ASSUME ToBag(<<7, 8, 7>>) = (7 :> 2 @@ 8 :> 1)
ASSUME SetToSeq({3, 1, 2}) = <<1, 2, 3>> /\ SetToSeq({}) = <<>>
ASSUME \A S \in SUBSET {"a", "b", "c"} : LET s == SetToSeq(S) IN Len(s) = Cardinality(S) /\ ToSet(s) = S
ASSUME SetToSeqs({1, 2}) = {<<1, 2>>, <<2, 1>>} /\ SetToSeqs({}) = {<<>>}
ASSUME SetToSortSeq({1, 3, 2}, >) = <<3, 2, 1>>
ASSUME SetToAllKPermutations({"a", "b"}) = {<<>>, <<"a">>, <<"b">>, <<"a", "b">>, <<"b", "a">>}
ASSUME TupleOf({1, 2}, 2) = {<<1, 1>>, <<1, 2>>, <<2, 1>>, <<2, 2>>} /\ TupleOf({1}, 0) = {<<>>}
ASSUME SeqOf({1}, 2) = {<<>>, <<1>>, <<1, 1>>} /\ SeqOf({}, 3) = {<<>>} /\ BoundedSeq({1}, 0) = {<<>>}
ASSUME Cardinality(BoundedSeq({"a", "b"}, 3)) = 15
ASSUME <<1, 2>> \in SeqOf(1..9, 3) /\ <<1, 1, 1>> \notin BoundedSeq({1}, 2) /\ <<2>> \notin TupleOf({1}, 1)
ASSUME \A s \in SeqOf({1, 2}, 2) : Len(s) <= 2

ASSUME Contains(<<1, 2>>, 2) /\ ~Contains(<<1, 2>>, 3) /\ ~Contains(<<>>, "a")
ASSUME IsSorted(<<1, 2, 2>>, <=) /\ ~IsSorted(<<1, 2, 2>>, <) /\ IsSorted(<<>>, <) /\ ~IsSorted(<<2, 3, 1>>, <)
ASSUME SelectInSeq(<<5, 6, 6>>, LAMBDA e : e = 6) = 2 /\ SelectInSeq(<<5>>, LAMBDA e : FALSE) = 0
ASSUME SelectInSubSeq(<<6, 5, 6>>, 2, 3, LAMBDA e : e = 6) = 3
ASSUME SelectInSubSeq(<<6, 5, 6>>, 2, 2, LAMBDA e : e = 6) = 0 /\ SelectInSubSeq(<<6>>, 3, 2, LAMBDA e : TRUE) = 0
ASSUME SelectLastInSeq(<<5, 6, 6>>, LAMBDA e : e = 6) = 3 /\ SelectLastInSeq(<<>>, LAMBDA e : TRUE) = 0
ASSUME SelectLastInSubSeq(<<5, 6, 6>>, 1, 2, LAMBDA e : e = 6) = 2
ASSUME SelectLastInSubSeq(<<5, 6, 6>>, 2, 1, LAMBDA e : e = 6) = 0

ASSUME Reverse(<<1, 2, 3>>) = <<3, 2, 1>> /\ Reverse(<<>>) = <<>>
ASSUME Remove(<<1, 2, 1>>, 1) = <<2>> /\ Remove(<<>>, 1) = <<>>
ASSUME ReplaceAll(<<1, 2, 1>>, 1, 5) = <<5, 2, 5>>
ASSUME InsertAt(<<1, 2>>, 1, 9) = <<9, 1, 2>> /\ InsertAt(<<1, 2>>, 3, 9) = <<1, 2, 9>> /\ InsertAt(<<>>, 1, 9) = <<9>>
ASSUME ReplaceAt(<<1, 2>>, 2, 9) = <<1, 9>>
ASSUME RemoveAt(<<1, 2, 3>>, 2) = <<1, 3>> /\ RemoveAt(<<1>>, 1) = <<>> /\ RemoveAt("abc", 2) = "ac"
ASSUME RemoveFirst(<<1, 2, 1>>, 1) = <<2, 1>> /\ RemoveFirst(<<1>>, 5) = <<1>>
ASSUME RemoveFirstMatch(<<1, 2, 3>>, LAMBDA e : e > 1) = <<1, 3>> /\ RemoveFirstMatch(<<1>>, LAMBDA e : e > 1) = <<1>>
ASSUME Cons(1, <<2>>) = <<1, 2>> /\ Snoc(1, <<2>>) = <<2, 1>>
ASSUME Front(<<1, 2>>) = <<1>> /\ Front(<<>>) = <<>> /\ Front("abc") = "ab" /\ Last(<<1, 2>>) = 2
ASSUME Zip(<<1, 2>>, <<"a">>) = <<<<1, "a">>>> /\ Zip(<<>>, <<1>>) = <<>>
ASSUME Interleave(<<1, 2>>, <<3, 4>>) = <<<<1>>, <<3>>, <<2>>, <<4>>>> /\ Interleave(<<>>, <<>>) = <<<<>>, <<>>>>
ASSUME FlattenSeq(<<<<1>>, <<2, 3>>, <<>>>>) = <<1, 2, 3>> /\ FlattenSeq(<<>>) = <<>> /\ FlattenSeq(<<"ab", "c">>) = "abc"
ASSUME SeqMod(3, 3) = 3 /\ SeqMod(4, 3) = 1

ASSUME IsPrefix(<<1>>, <<1, 2>>) /\ ~IsPrefix(<<2>>, <<1, 2>>) /\ ~IsPrefix(<<1, 2>>, <<1>>) /\ IsPrefix(<<>>, <<>>)
ASSUME IsPrefix("ab", "abc") /\ ~IsPrefix("b", "abc") /\ IsStrictPrefix("a", "ab") /\ ~IsStrictPrefix(<<1>>, <<1>>)
ASSUME IsSuffix(<<2>>, <<1, 2>>) /\ ~IsSuffix(<<1>>, <<1, 2>>) /\ IsStrictSuffix(<<>>, <<1>>) /\ ~IsStrictSuffix(<<1>>, <<1>>)
ASSUME Prefixes(<<1, 2>>) = {<<>>, <<1>>, <<1, 2>>} /\ Prefixes("ab") = {"", "a", "ab"}
ASSUME CommonPrefixes({<<1, 2>>, <<1, 3>>}) = {<<>>, <<1>>} /\ CommonPrefixes({}) = {}
ASSUME LongestCommonPrefix({<<1, 2>>, <<1, 3, 4>>}) = <<1>> /\ LongestCommonPrefix({"abc", "abd"}) = "ab"
ASSUME Suffixes(<<1, 2>>) = {<<>>, <<2>>, <<1, 2>>}

ASSUME FoldSeq(LAMBDA e, found : <<e>> \o found, <<>>, <<1, 2, 3>>) = <<3, 2, 1>>
ASSUME FoldSeq(LAMBDA e, found : {e} \cup found, {}, [a |-> 1, b |-> 2]) = {1, 2}
ASSUME FoldLeft(LAMBDA found, e : Append(found, e), <<>>, <<1, 2>>) = <<1, 2>> /\ FoldLeft(-, 10, <<1, 2>>) = 7
ASSUME FoldRight(LAMBDA e, found : Append(found, e), <<1, 2>>, <<>>) = <<2, 1>> /\ FoldRight(-, <<1, 2>>, 10) = 9
ASSUME FoldLeftDomain(LAMBDA found, i : Append(found, i), <<>>, <<"a", "b">>) = <<1, 2>>
ASSUME FoldRightDomain(LAMBDA i, found : Append(found, i), <<"a", "b">>, <<>>) = <<2, 1>>

ASSUME SubSeqs(<<1, 2>>) = {<<>>, <<1>>, <<2>>, <<1, 2>>} /\ SubSeqs("aa") = {"", "a", "aa"}
ASSUME AllSubSeqs(<<1, 2, 1>>) = {<<>>, <<1>>, <<2>>, <<1, 2>>, <<2, 1>>, <<1, 1>>, <<1, 2, 1>>}
ASSUME IndexFirstSubSeq(<<2, 3>>, <<1, 2, 3>>) = 2 /\ IndexFirstSubSeq(<<>>, <<1>>) = 1
ASSUME ReplaceSubSeqAt(2, <<9>>, <<2, 3>>, <<1, 2, 3>>) = <<1, 9>>
ASSUME ReplaceFirstSubSeq(<<9>>, <<2>>, <<1, 2, 2>>) = <<1, 9, 2>> /\ ReplaceFirstSubSeq(<<9>>, <<7>>, <<1>>) = <<1>>
ASSUME ReplaceFirstSubSeq("x", "b", "abcb") = "axcb" /\ ReplaceFirstSubSeq("x", "", "ab") = "xab"
ASSUME ReplaceAllSubSeqs("x", "b", "abcb") = "axcx" /\ ReplaceAllSubSeqs("x", "", "ab") = "xaxb"
ASSUME ReplaceAllSubSeqs(<<9>>, <<2>>, <<1, 2, 2>>) = <<1, 9, 9>> /\ ReplaceAllSubSeqs(<<9>>, <<>>, <<1, 2>>) = <<9, 1, 9, 2>>
ASSUME ReplaceAllSubSeqs(<<3>>, <<1>>, <<1>>) = <<3>> /\ ReplaceAllSubSeqs(<<>>, <<1>>, <<1, 2, 1>>) = <<2>>

\* What SequencesExt extends is visible as well.
ASSUME Max({1, 2}) = 2 /\ Range(<<1>>) = {1} /\ BagCardinality(<<2, 3>>) = 5 /\ 1 :> 2 = <<2>>
================================================================================
