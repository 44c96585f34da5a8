// Package bus stands for a dependency whose source tells where it runs what it is handed.
package bus

import "sync"

type Bus struct {
	handlers []*subscription
	messages chan string
	onClose  func()
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
