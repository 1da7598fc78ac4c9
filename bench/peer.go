package bench

import (
	"context"
	"fmt"

	"github.com/mnorrsken/postkeys/bench/target"
)

// way is by which way something goes.
type way struct {
	suffix string // of names
	nodes  bool   // from one node to another
}

var ways = []way{{"", false}, {", node to node", true}}

// going returns the servers on which things can go a way. From node to node that is postkeys alone, which gets another node.
func (s *stand) going(ctx context.Context, w way) ([]*target.Server, error) {
	if !w.nodes {
		return s.servers, nil
	}
	for _, server := range s.servers {
		if server.Name == target.Postkeys && !s.gone[server] {
			return []*target.Server{server}, s.startPeer(ctx, server)
		}
	}
	return nil, nil
}

// startPeer starts another node on the database of a postkeys and waits until the two know of each other. What it costs is counted among the costs
// of the first.
func (s *stand) startPeer(ctx context.Context, of *target.Server) error {
	s.options.logf("starting another node")
	peer, err := target.StartPostkeys(ctx, s.binary, s.postgres.PostkeysDSN, s.options.Env, maxClients)
	if err != nil {
		return fmt.Errorf("another node: %w", err)
	}
	s.peer = peer
	for _, node := range []*target.Server{of, peer} {
		if err := awaitInfo(ctx, node, "postkeys", "other_nodes", func(n int) bool { return n == 1 }); err != nil {
			return err
		}
	}
	return nil
}

// nodes are the processes that are one server to its clients.
func (s *stand) nodes(server *target.Server) []*target.Server {
	if s.peer == nil || server.Name != target.Postkeys {
		return []*target.Server{server}
	}
	return []*target.Server{server, s.peer}
}

// last is the node on which what goes a way arrives.
func (s *stand) last(server *target.Server) *target.Server {
	nodes := s.nodes(server)
	return nodes[len(nodes)-1]
}
