---------------------------- MODULE InputAndOutput ----------------------------
\* Community modules IOUtils and CSV.
EXTENDS IOUtils, CSV, Integers, Sequences, TLC

Plain == [format |-> "TXT", charset |-> "UTF-8", openOptions |-> <<"WRITE", "CREATE", "TRUNCATE_EXISTING">>]
More == [Plain EXCEPT !.openOptions = <<"APPEND">>]

ASSUME atoi("42") = 42 /\ atoi("-17") = -17 /\ atoi("+5") = 5 /\ atoi("007") = 7
ASSUME zeroPadN(7, 3) = "007" /\ zeroPadN(1234, 3) = "1234" /\ zeroPadN(0, 1) = "0"
ASSUME "HOME" \in DOMAIN IOEnv /\ IOEnv.HOME = IOEnv["HOME"] /\ Len(IOEnv.HOME) > 0
ASSUME Serialize("one\ntwo", "plain.txt", Plain).exitValue = 0 /\ Deserialize("plain.txt", Plain).stdout = "one\ntwo"
ASSUME Serialize("!", "plain.txt", More).exitValue = 0 /\ Deserialize("plain.txt", Plain).stdout = "one\ntwo!"
ASSUME Deserialize("missing.txt", Plain).exitValue = 1
ASSUME IOSerialize(<<1, [a |-> {"x"}]>>, "value.bin", TRUE) /\ IODeserialize("value.bin", TRUE) = <<1, [a |-> {"x"}]>>
ASSUME IOSerialize(TRUE, "value.vos", FALSE) /\ IODeserialize("value.vos", FALSE) = TRUE

ASSUME CSVRecords("table.csv") = 0 /\ CSVRead(<<"a", "b">>, ";", "table.csv") = <<>>
ASSUME CSVWrite("%2$s;%1$s", <<1, 2>>, "table.csv") /\ CSVWrite("%s;%s", <<3, 4>>, "table.csv") /\ CSVRecords("table.csv") = 2
ASSUME CSVRead(<<"a", "b">>, ";", "table.csv") = <<[a |-> "2", b |-> "1"], [a |-> "3", b |-> "4"]>>
ASSUME CSVWriteRecord([a |-> 1, b |-> 2], ";", FALSE, "other.csv") /\ CSVRecords("other.csv") = 1
ASSUME CSVWriteRecord([a |-> 1, b |-> 2], ";", TRUE, "other.csv") /\ CSVRecords("other.csv") = 3
================================================================================
