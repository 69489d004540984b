----------------------------- MODULE BagOperators -----------------------------
\* Module Bags: a bag is a function from its elements to how often each is in it.
EXTENDS Integers, FiniteSets, Sequences, Bags

one == SetToBag({"a"})
bag == [e \in {"a", "b"} |-> IF e = "a" THEN 2 ELSE 1]

ASSUME EmptyBag = <<>> /\ EmptyBag = SetToBag({})
ASSUME SetToBag({"a", "b"}) = [a |-> 1, b |-> 1]
ASSUME BagToSet(bag) = {"a", "b"} /\ BagToSet(EmptyBag) = {}
ASSUME IsABag(bag) /\ IsABag(EmptyBag)
ASSUME ~IsABag([a |-> 0])
ASSUME BagIn("a", bag) /\ ~BagIn("c", bag)
ASSUME CopiesIn("a", bag) = 2 /\ CopiesIn("b", bag) = 1 /\ CopiesIn("c", bag) = 0
ASSUME BagCardinality(bag) = 3 /\ BagCardinality(EmptyBag) = 0
ASSUME one (+) one = [a |-> 2]
ASSUME one (+) one (+) SetToBag({"b"}) = bag
ASSUME bag (+) EmptyBag = bag /\ EmptyBag (+) bag = bag
ASSUME bag (-) one = [a |-> 1, b |-> 1]
ASSUME (bag (-) one) (-) one = [b |-> 1]
ASSUME one (-) bag = EmptyBag
ASSUME bag (-) bag = EmptyBag /\ bag (-) EmptyBag = bag
ASSUME EmptyBag (-) one = EmptyBag
ASSUME one (-) SetToBag({"c"}) = one
ASSUME one \sqsubseteq bag /\ EmptyBag \sqsubseteq one /\ bag \sqsubseteq bag
ASSUME ~(bag \sqsubseteq one) /\ ~(SetToBag({"c"}) \sqsubseteq bag)
ASSUME (one (+) one) \sqsubseteq bag /\ ~((one (+) one (+) one) \sqsubseteq bag)
ASSUME SubBag(EmptyBag) = {EmptyBag}
ASSUME SubBag(bag) = {EmptyBag, [a |-> 1], [a |-> 2], [b |-> 1], [a |-> 1, b |-> 1], bag}
ASSUME \A b \in SubBag(bag) : b \sqsubseteq bag /\ (bag (-) b) (+) b = bag
ASSUME BagUnion({}) = EmptyBag /\ BagUnion({bag}) = bag
ASSUME BagUnion({one, bag}) = [a |-> 3, b |-> 1]
ASSUME BagUnion({SetToBag({1, 2}), SetToBag({2, 3})}) = <<1, 2, 1>>
ASSUME BagOfAll(LAMBDA e : <<e>>, one) = [e \in {<<"a">>} |-> 1]
ASSUME BagOfAll(LAMBDA e : Len(<<e>>), bag) = <<3>>
ASSUME SetToBag({[to |-> 1], [to |-> 2]})[[to |-> 2]] = 1
ASSUME \A e \in BagToSet(bag) : bag[e] = CopiesIn(e, bag)
ASSUME SetToBag({2, 1}) = <<1, 1>>
===============================================================================
