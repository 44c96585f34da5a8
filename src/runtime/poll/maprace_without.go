//go:build maprace && (js || wasip1)

// Where there are no pipes, connections stay inside the process, ordered by the locks of their queues.

package poll

type mapraceStreams struct{}

func (fd *FD) mapraceRead(n int) {}

func (fd *FD) mapraceWrite() {}
