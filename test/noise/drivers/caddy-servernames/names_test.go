// An app registers a server name while the ECH configurations are published in the background.
package caddytls

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"
	_ "github.com/caddyserver/caddy/v2/modules/filestorage"
	"go.uber.org/zap"
)

type driverPublisher struct{}

func (driverPublisher) PublisherKey() string { return "driver" }

func (driverPublisher) PublishECHConfigList(context.Context, []string, []byte) error { return nil }

func TestDriver(t *testing.T) {
	root, err := json.Marshal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	config := &caddy.Config{
		Admin:      &caddy.AdminConfig{Disabled: true},
		StorageRaw: json.RawMessage(`{"module":"file_system","root":` + string(root) + `}`),
	}
	if err := caddy.Run(config); err != nil {
		t.Fatal(err)
	}
	defer caddy.Stop()
	app := &TLS{
		logger:        zap.NewNop(),
		ctx:           caddy.ActiveContext(),
		serverNames:   map[string]struct{}{},
		serverNamesMu: new(sync.Mutex),
		EncryptedClientHello: &ECH{
			Publication: []*ECHPublication{{publishers: []ECHPublisher{driverPublisher{}}}},
		},
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; i < 1000; i++ {
			app.RegisterServerNames([]string{"host" + strconv.Itoa(i)})
		}
	}()
	for i := 0; i < 10; i++ {
		if err := app.publishECHConfigs(); err != nil {
			t.Fatal(err)
		}
	}
	<-done
}
