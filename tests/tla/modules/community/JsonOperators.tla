----------------------------- MODULE JsonOperators -----------------------------
\* Module Json: text, and files that are written and read again.
EXTENDS Json, Integers, Sequences, TLC

Value == [a |-> 1, b |-> <<1, "x", TRUE>>, c |-> [d |-> <<>>]]

ASSUME ToJson([a |-> 1]) = "{\"a\":1}" /\ ToJson(<<1, "x", TRUE>>) = "[1,\"x\",true]" /\ ToJson(<<>>) = "[]"
ASSUME ToJson({2, 1}) = "[1,2]" /\ ToJson({}) = "[]" /\ ToJson(3) = "3" /\ ToJson("a\"b\\") = "\"a\\\"b\\\\\""
ASSUME ToJson([n \in {0, 2} |-> n]) = "{\"0\":0,\"2\":2}" /\ ToJson([n \in {<<1>>} |-> n]) = "{\"<<1>>\":[1]}"
ASSUME ToJson(1..2) = "[1,2]" /\ ToJson(SUBSET {1}) = "[[],[1]]" /\ ToJson([n \in 1..2 |-> -n]) = "[-1,-2]"
ASSUME ToJsonArray(<<1, 2>>) = "[1,2]" /\ ToJsonArray({1}) = "[1]"
ASSUME ToJsonObject([a |-> <<1>>]) = "{\"a\":[1]}" /\ ToJsonObject(<<5, 6>>) = "{\"0\":5,\"1\":6}"
ASSUME JsonSerialize("one.json", Value) /\ JsonDeserialize("one.json") = Value
ASSUME JsonSerialize("below/two.json", <<1, 2>>) /\ JsonDeserialize("below/two.json") = <<1, 2>>
ASSUME ndJsonSerialize("three.ndjson", <<Value, 7, "x">>) /\ ndJsonDeserialize("three.ndjson") = <<Value, 7, "x">>
ASSUME ndJsonSerialize("four.ndjson", <<>>) /\ ndJsonDeserialize("four.ndjson") = <<>>
================================================================================
