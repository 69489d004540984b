---------------------------- MODULE TLCExtOperators ----------------------------
\* Module TLCExt, as far as there is no behavior.
EXTENDS TLCExt, TLC, Integers, Sequences

ASSUME AssertEq(1, 1) /\ ~AssertEq(1, 2)
ASSUME TLCSet(1, 5) /\ TLCGet(1) = 5 /\ TLCGetOrDefault(1, 7) = 5 /\ TLCGetOrDefault(2, 7) = 7
ASSUME TLCSet("s:name", <<1>>) /\ TLCGet("s:name") = <<1>> /\ TLCGetOrDefault("s:other", 3) = 3
ASSUME TLCGetAndSet(3, +, 1, 10) = 10 /\ TLCGet(3) = 11 /\ TLCGetAndSet(3, +, 1, 10) = 11 /\ TLCGet(3) = 12
ASSUME TLCModelValue("m") = TLCModelValue("m") /\ TLCModelValue("m") # TLCModelValue("n")
ASSUME TLCNoOp(3) = 3 /\ TLCCache(2 + 2, <<1>>) = 4 /\ TLCDefer(TRUE)
ASSUME TLCFP(<<1, "a">>) = TLCFP(<<1, "a">>)
ASSUME TLCGet("level") = 0 /\ TLCGet("config").mode = "bfs" /\ TLCGet("config").worker = 1
================================================================================
