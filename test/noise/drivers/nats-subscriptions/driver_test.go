package nats

import "testing"

// An ordered consumer gets a new subscription number from its heartbeat timer while somebody counts subscriptions.
func TestDriver(t *testing.T) {
	nc := &Conn{subs: map[int64]*Subscription{}}
	sub := &Subscription{conn: nc, sid: 1}
	nc.subs[sub.sid] = sub
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 {
			sub.mu.Lock()
			sub.applyNewSID()
			sub.mu.Unlock()
		}
	}()
	for range 1000 {
		nc.NumSubscriptions()
	}
	<-done
}
