// Package bus stands for a dependency whose source tells where it runs what it is handed.
package bus

import "sync"

type Bus struct {
	handlers []*subscription
	messages chan string
	onClose  func()

	listeners []Listener
}

type subscription struct{ call func(string) }

func Open() *Bus {
	b := &Bus{messages: make(chan string)}
	go b.deliver()
	return b
}

// Subscribe keeps the handler for the bus's goroutine.
func (b *Bus) Subscribe(handler func(string)) { b.add(handler) }

func (b *Bus) add(handler func(string)) {
	b.handlers = append(b.handlers, &subscription{call: handler})
}

func (b *Bus) deliver() {
	for m := range b.messages {
		for _, s := range b.handlers {
			s.call(m)
		}
		for _, l := range b.listeners {
			l.Heard(m)
		}
	}
}

// OnClose keeps the function for whoever closes the bus.
func (b *Bus) OnClose(f func()) { b.onClose = f }

func (b *Bus) Close() { b.onClose() }

// Later runs the function on a goroutine.
func Later(f func()) {
	go func() {
		defer func() { _ = recover() }()
		f()
	}()
}

// Each calls the function before it returns.
func Each(names []string, f func(string)) {
	for _, name := range names {
		f(name)
	}
}

// Timed waits for the function, which it runs on a goroutine.
func Timed(f func()) {
	done := make(chan struct{})
	go func() {
		f()
		close(done)
	}()
	<-done
}

// Closer waits for goroutines.
type Closer struct{ waiting sync.WaitGroup }

func NewCloser(n int) *Closer {
	c := &Closer{}
	c.waiting.Add(n)
	return c
}

func (c *Closer) Done() {
	if c == nil {
		return
	}
	c.waiting.Done()
}

func (c *Closer) Wait() { c.waiting.Wait() }

// Listener is told what happens.
type Listener interface{ Heard(message string) }

// Options say who is told.
type Options struct {
	Listener Listener
	OnError  func(string)
	// Name is asked for its caller's sake.
	Name func() string
}

type client struct{ options Options }

// Dial starts a client.
func Dial(options Options) string {
	c := &client{options: options}
	go c.run()
	return options.Name()
}

func (c *client) run() {
	c.options.Listener.Heard("started")
	c.options.OnError("none")
}

// Attach keeps the listener for the bus's goroutine.
func (b *Bus) Attach(l Listener) { b.listeners = append(b.listeners, l) }

// Poller asks again and again once it is started.
type Poller struct{ Poll func() }

// NewPoller makes one that is not started.
func NewPoller() *Poller { return &Poller{} }

// Start starts it.
func (p *Poller) Start() { p.start() }

func (p *Poller) start() { go p.loop() }

func (p *Poller) loop() {
	for {
		p.Poll()
	}
}

// Client is what its users see of a client.
type Client interface {
	Heed(f func(string))
	Tell(f func(string))
}

// NewClient makes one.
func NewClient() Client { return &told{} }

type told struct{ heeding func(string) }

func (t *told) Heed(f func(string)) {
	t.heeding = f
	go func() { t.heeding("now") }()
}

func (t *told) Tell(f func(string)) { f("now") }
