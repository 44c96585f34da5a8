// A transaction over a range of keys begins while another request adds a key to the cache.
package leasing

import (
	"strconv"
	"testing"
	"time"

	v3pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	v3 "go.etcd.io/etcd/client/v3"
)

func TestDriver(t *testing.T) {
	lc := &leaseCache{entries: map[string]*leaseKey{}, revokes: map[string]time.Time{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 1000 {
			key := strconv.Itoa(i)
			lc.Add(key, &v3.GetResponse{Header: &v3pb.ResponseHeader{Revision: int64(i)}}, v3.OpGet(key))
		}
	}()
	for range 100 {
		lc.LockWriteOps([]v3.Op{v3.OpDelete("x", v3.WithRange("y"))})
	}
	<-done
}
