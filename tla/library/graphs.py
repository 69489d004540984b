"""Graphs, UndirectedGraphs: [node |-> a set, edge |-> a set of pairs <<m, n>>, or of sets {m, n}]."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..values import (
    Function,
    LazySet,
    Product,
    RecordSet,
    Subsets,
    Value,
    boolean,
    contains,
    field,
    finite,
    format_value,
    function,
    ordered,
    record,
)
from .declaration import Library
from .finite_sets import FINITE_SETS
from .numbers import NATURALS
from .relations import RELATION, closure
from .sequences import SEQUENCES
from .sequences_ext import SEQUENCES_EXT

GRAPHS = Library("Graphs", NATURALS, SEQUENCES, FINITE_SETS, SEQUENCES_EXT, RELATION)
UNDIRECTED_GRAPHS = Library("UndirectedGraphs")


@dataclass(frozen=True, slots=True)
class Graph:
    """The nodes, and for each those that an edge leads to, in the order of all values."""

    nodes: tuple[Value, ...]
    following: dict[Value, list[Value]]

    def reached(self, start: Value) -> set[Value]:
        """All nodes that a path leads to, the first included."""
        found, todo = {start}, [start]
        while todo:
            new = [node for node in self.following[todo.pop()] if node not in found]
            found.update(new)
            todo += new
        return found

    def simple_paths(self, path: tuple[Value, ...]) -> Iterator[tuple[Value, ...]]:
        """The path and all that go on from it without coming to a node again."""
        yield path
        for node in self.following[path[-1]]:
            if node not in path:
                yield from self.simple_paths((*path, node))

    def connects(self, start: Value, end: Value) -> bool:
        return start in self.following and end in self.following and end in self.reached(start)


def directed(g: Value) -> Graph:
    return _graph(g, lambda edge: [edge] if type(edge) is tuple and len(edge) == 2 else [])


def undirected(g: Value) -> Graph:
    def pairs(edge: Value) -> list[tuple[Value, ...]]:
        members = ordered(edge) if type(edge) is frozenset else ()
        return [members, members[::-1]] if len(members) == 2 else []

    return _graph(g, pairs)


def _graph(g: Value, pairs: Callable[[Value], list[tuple[Value, ...]]]) -> Graph:
    """What is no edge between two nodes is passed over: no path goes along it."""
    nodes = ordered(finite(field(g, "node")))
    following: dict[Value, list[Value]] = {node: [] for node in nodes}
    for edge in ordered(finite(field(g, "edge"))):
        for start, end in pairs(edge):
            if start in following and end in following:
                following[start].append(end)
    return Graph(nodes, following)


class Paths(LazySet):
    """Path(G): the sequences of nodes along edges."""

    __slots__ = ("g", "graph")

    def __init__(self, g: Value, graph: Graph) -> None:
        self.g = g
        self.graph = graph

    def __contains__(self, value: Value) -> bool:
        if type(value) is not tuple or not value or any(node not in self.graph.following for node in value):
            return False
        return all(end in self.graph.following[start] for start, end in itertools.pairwise(value))

    def __repr__(self) -> str:
        return f"Path({format_value(self.g)})"


def _subsets(members: list[Value]) -> Iterator[tuple[Value, ...]]:
    sizes = range(len(members) + 1)
    return itertools.chain.from_iterable(itertools.combinations(members, size) for size in sizes)


def _has_fields(g: Value) -> bool:
    """Whether it is a record of `node` and `edge`; TlaError where one of these is missing."""
    field(g, "node")
    field(g, "edge")
    return type(g) is Function and len(g.values) == 2


# --- directed ---------------------------------------------------------------------------------------------


@GRAPHS.operator("IsDirectedGraph")
def is_directed_graph(g: Value) -> bool:
    """IsDirectedGraph(G): a record of nodes, and edges between them."""
    pairs = Product((field(g, "node"), field(g, "node")))
    return _has_fields(g) and all(edge in pairs for edge in finite(field(g, "edge")))


@GRAPHS.operator("DirectedSubgraph")
def directed_subgraphs(g: Value) -> Value:
    """DirectedSubgraph(G): the graphs of some of the nodes and edges."""
    edges = finite(field(g, "edge"))
    found = []
    for nodes in _subsets(list(finite(field(g, "node")))):
        inside = [edge for edge in edges if edge in Product((frozenset(nodes),) * 2)]
        found += [record(node=frozenset(nodes), edge=frozenset(chosen)) for chosen in _subsets(inside)]
    return frozenset(found)


@GRAPHS.operator("Transpose")
def transpose(g: Value) -> Value:
    """Transpose(G): the edges turned round."""
    return record(node=finite(field(g, "node")), edge=frozenset([(end, start) for start, end in _edges(g)]))


def _edges(g: Value) -> list[tuple[Value, Value]]:
    """The edges as pairs of nodes."""
    return [(start, end) for start, ends in directed(g).following.items() for end in ends]


@GRAPHS.operator("IsUndirectedGraph")
def is_symmetric_graph(g: Value) -> bool:
    """IsUndirectedGraph(G): each edge is there in both directions."""
    return is_directed_graph(g) and all(contains(field(g, "edge"), (end, start)) for start, end in _edges(g))


@GRAPHS.operator("UndirectedSubgraph")
def symmetric_subgraphs(g: Value) -> Value:
    """UndirectedSubgraph(G): the subgraphs in which each edge is there in both directions."""
    return frozenset(filter(is_symmetric_graph, directed_subgraphs(g)))


@GRAPHS.operator("Path", lazy=True)
def paths(g: Value) -> Value:
    """Path(G): the sequences of nodes along edges."""
    return Paths(g, directed(g))


@GRAPHS.operator("SimplePath")
def simple_paths(g: Value) -> Value:
    """SimplePath(G): the paths that come to no node twice."""
    graph = directed(g)
    return frozenset(path for node in graph.nodes for path in graph.simple_paths((node,)))


@GRAPHS.operator("AreConnectedIn")
def are_connected(m: Value, n: Value, g: Value) -> bool:
    """AreConnectedIn(m, n, G): a path leads from m to n."""
    return directed(g).connects(m, n)


@GRAPHS.operator("IsStronglyConnected")
def is_strongly_connected(g: Value) -> bool:
    """IsStronglyConnected(G): a path leads from each node to each other one."""
    graph = directed(g)
    return all(len(graph.reached(node)) == len(graph.nodes) for node in graph.nodes)


@GRAPHS.operator("ConnectionsIn")
def connections(g: Value) -> Value:
    """ConnectionsIn(G): for each <<m, n>> whether a path leads from m to n."""
    graph = directed(g)
    reached = {node: graph.reached(node) for node in graph.nodes}
    return function({(m, n): boolean(n in reached[m]) for m in graph.nodes for n in graph.nodes})


@GRAPHS.operator("IsTreeWithRoot")
def is_tree(g: Value, root: Value) -> bool:
    """IsTreeWithRoot(G, r): a tree whose edges lead to the root."""
    if not (is_directed_graph(g) and contains(field(g, "node"), root)):
        return False
    graph = directed(g)
    above = all(len(ends) == (node != root) for node, ends in graph.following.items())
    return above and all(root in graph.reached(node) for node in graph.nodes)


@GRAPHS.operator("GraphUnion")
def graph_union(g: Value, h: Value) -> Value:
    """GraphUnion(G, H): the nodes and edges of both."""
    return record(
        node=finite(field(g, "node")) | finite(field(h, "node")),
        edge=finite(field(g, "edge")) | finite(field(h, "edge")),
    )


@GRAPHS.operator("IsBipartiteWithPartitions")
def is_bipartite(g: Value, u: Value, v: Value) -> bool:
    """IsBipartiteWithPartitions(G, U, V): each edge leads from one of the two sets to the other."""
    left, right = finite(u), finite(v)
    return (
        not left & right
        and finite(field(g, "node")) <= left | right
        and all(
            (start in left and end in right) or (end in left and start in right) for start, end in _edges(g)
        )
    )


def _reached_by_edges(g: Value) -> dict[Value, set[Value]]:
    """For each node, those that it comes to by one edge or more."""
    graph = directed(g)
    return closure(lambda m, n: n in graph.following[m], graph.nodes)


@GRAPHS.operator("HasCycle")
def has_cycle(g: Value) -> bool:
    """HasCycle(G): a path leads from some node back to it."""
    return any(node in reached for node, reached in _reached_by_edges(g).items())


@GRAPHS.operator("IsDag")
def is_acyclic(g: Value) -> bool:
    """IsDag(G): a directed graph without a cycle."""
    return is_directed_graph(g) and not has_cycle(g)


@GRAPHS.operator("Successors")
def successors(g: Value, n: Value) -> Value:
    """Successors(G, n): the nodes that an edge leads to from n."""
    return frozenset(directed(g).following.get(n, ()))


@GRAPHS.operator("AllSuccessors")
def all_successors(g: Value, s: Value) -> Value:
    """AllSuccessors(G, S): the successors of all nodes in S."""
    return frozenset().union(*[successors(g, node) for node in finite(s)])


@GRAPHS.operator("Predecessors")
def predecessors(g: Value, n: Value) -> Value:
    """Predecessors(G, n): the nodes from which an edge leads to n."""
    return frozenset(start for start, end in _edges(g) if end == n)


@GRAPHS.operator("AllPredecessors")
def all_predecessors(g: Value, s: Value) -> Value:
    """AllPredecessors(G, S): the predecessors of all nodes in S."""
    return frozenset().union(*[predecessors(g, node) for node in finite(s)])


@GRAPHS.operator("Ancestors")
def ancestors(g: Value, n: Value) -> Value:
    """Ancestors(G, n): the nodes from which one edge or more lead to n."""
    return frozenset(node for node, reached in _reached_by_edges(g).items() if n in reached)


@GRAPHS.operator("Descendants")
def descendants(g: Value, n: Value) -> Value:
    """Descendants(G, n): the nodes to which one edge or more lead from n."""
    return frozenset(_reached_by_edges(g).get(n, ()))


@GRAPHS.operator("InDegree")
def in_degree(g: Value, n: Value) -> int:
    """InDegree(G, n): the number of predecessors."""
    return len(predecessors(g, n))


@GRAPHS.operator("OutDegree")
def out_degree(g: Value, n: Value) -> int:
    """OutDegree(G, n): the number of successors."""
    return len(successors(g, n))


@GRAPHS.operator("Roots")
def roots(g: Value) -> Value:
    """Roots(G): the nodes that no edge leads to."""
    return finite(field(g, "node")) - frozenset(end for _, end in _edges(g))


@GRAPHS.operator("Leaves")
def leaves(g: Value) -> Value:
    """Leaves(G): the nodes that no edge leads away from."""
    return finite(field(g, "node")) - frozenset(start for start, _ in _edges(g))


GRAPHS.constant("EmptyGraph", record(node=frozenset(), edge=frozenset()))


@GRAPHS.operator("Graphs", lazy=True)
def graphs_on(s: Value) -> Value:
    """Graphs(S): the directed graphs whose nodes are S."""
    return RecordSet({"node": frozenset((finite(s),)), "edge": Subsets(Product((s, s)))})


# --- undirected -------------------------------------------------------------------------------------------


@UNDIRECTED_GRAPHS.operator("IsUndirectedGraph")
def is_undirected_graph(g: Value) -> bool:
    """IsUndirectedGraph(G): a record of nodes, and edges {m, n} between them."""
    return _has_fields(g) and all(
        1 <= len(finite(edge)) <= 2 and finite(edge) <= finite(field(g, "node"))
        for edge in finite(field(g, "edge"))
    )


@UNDIRECTED_GRAPHS.operator("IsLoopFreeUndirectedGraph")
def is_loop_free(g: Value) -> bool:
    """IsLoopFreeUndirectedGraph(G): no edge leads from a node to itself."""
    return is_undirected_graph(g) and all(len(finite(edge)) == 2 for edge in finite(field(g, "edge")))


@UNDIRECTED_GRAPHS.operator("UndirectedSubgraph")
def undirected_subgraphs(g: Value) -> Value:
    """UndirectedSubgraph(G): the graphs of some of the nodes and edges."""
    edges = finite(field(g, "edge"))
    found = []
    for nodes in map(frozenset, _subsets(list(finite(field(g, "node"))))):
        inside = [edge for edge in edges if 1 <= len(finite(edge)) <= 2 and finite(edge) <= nodes]
        found += [record(node=nodes, edge=frozenset(chosen)) for chosen in _subsets(inside)]
    return frozenset(found)


@UNDIRECTED_GRAPHS.operator("Path", lazy=True)
def undirected_paths(g: Value) -> Value:
    """Path(G): the sequences of nodes along edges."""
    return Paths(g, undirected(g))


@UNDIRECTED_GRAPHS.operator("SimplePath")
def undirected_simple_paths(g: Value) -> Value:
    """SimplePath(G): the paths that come to no node twice."""
    graph = undirected(g)
    return frozenset(path for node in graph.nodes for path in graph.simple_paths((node,)))


@UNDIRECTED_GRAPHS.operator("AreConnectedIn")
def are_connected_undirected(m: Value, n: Value, g: Value) -> bool:
    """AreConnectedIn(m, n, G): a path leads from m to n."""
    return undirected(g).connects(m, n)


@UNDIRECTED_GRAPHS.operator("ConnectedComponents")
def connected_components(g: Value) -> Value:
    """ConnectedComponents(G): the nodes, parted into those that paths connect."""
    graph = undirected(g)
    return frozenset(frozenset(graph.reached(node)) for node in graph.nodes)


@UNDIRECTED_GRAPHS.operator("IsStronglyConnected")
def is_connected_graph(g: Value) -> bool:
    """IsStronglyConnected(G): there is one connected component."""
    return len(connected_components(g)) == 1


@UNDIRECTED_GRAPHS.operator("UndirectedGraphs", lazy=True)
def undirected_graphs_on(s: Value) -> Value:
    """UndirectedGraphs(S): the undirected graphs whose nodes are S."""
    nodes = finite(s)
    edges = frozenset(frozenset(pair) for pair in itertools.product(nodes, repeat=2))
    return RecordSet({"node": frozenset((nodes,)), "edge": Subsets(edges)})
