// New session ticket keys arrive while a configuration is registered for them.
package caddytls

import (
	"crypto/tls"
	"sync"
	"testing"
)

type driverKeys chan [][32]byte

func (k driverKeys) Initialize(*SessionTicketService) ([][32]byte, error) {
	return [][32]byte{{1}}, nil
}

func (k driverKeys) Next(<-chan struct{}) <-chan [][32]byte { return k }

func TestDriver(t *testing.T) {
	keys := make(driverKeys)
	s := &SessionTicketService{keySource: keys, configs: map[*tls.Config]struct{}{}, mu: new(sync.Mutex)}
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			keys <- [][32]byte{{2}}
		}
	}()
	for range 1000 {
		s.register(new(tls.Config))
	}
	<-done
}
