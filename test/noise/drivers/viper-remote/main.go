// A remote key/value store sends a new configuration while the keys are listed.
package main

import (
	"io"
	"strings"
	"time"

	"github.com/spf13/viper"
)

type store struct{ changes chan *viper.RemoteResponse }

func (s *store) Get(viper.RemoteProvider) (io.Reader, error) {
	return strings.NewReader(`{"PORT":{"Main":1}}`), nil
}

func (s *store) Watch(rp viper.RemoteProvider) (io.Reader, error) { return s.Get(rp) }

func (s *store) WatchChannel(viper.RemoteProvider) (<-chan *viper.RemoteResponse, chan bool) {
	return s.changes, nil
}

func main() {
	s := &store{changes: make(chan *viper.RemoteResponse)}
	viper.RemoteConfig = s
	v := viper.New()
	v.SetConfigType("json")
	if err := v.AddRemoteProvider("etcd3", "http://127.0.0.1:1", "/config"); err != nil {
		panic(err)
	}
	if err := v.ReadRemoteConfig(); err != nil {
		panic(err)
	}
	if err := v.WatchRemoteConfigOnChannel(); err != nil {
		panic(err)
	}
	go func() {
		for i := 0; i < 200; i++ {
			s.changes <- &viper.RemoteResponse{Value: []byte(`{"PORT":{"Main":2},"Host":"b"}`)}
		}
	}()
	for i := 0; i < 200; i++ {
		v.AllKeys()
		v.Get("port.main")
		v.DebugTo(io.Discard)
		time.Sleep(100 * time.Microsecond)
	}
}
