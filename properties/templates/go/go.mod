module my_raft

go 1.21
