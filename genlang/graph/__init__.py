"""Models as pictures: a graph of nodes, edges and plates; Mermaid, DOT and SVG that show it."""
