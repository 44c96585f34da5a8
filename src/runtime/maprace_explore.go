//go:build maprace

// Perturbing the schedule around map operations, with --explore.
//
// The seed fixes what is done to each goroutine, not what Go's scheduler makes of it.

package runtime

// mrExplore is the seed, 0 when the schedule is left alone.
var mrExplore uint32

// mrParseSeed reads a decimal seed; 0 when there is none.
func mrParseSeed(s string) (seed uint32) {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
		seed = seed*10 + uint32(s[i]-'0')
	}
	return seed
}

// perturb comes before a map operation: most of the time it does nothing, sometimes another goroutine is
// let run first, rarely this one is held up for a moment.
func (c *mrG) perturb() {
	if c.random == 0 {
		c.random = mrExplore*0x9E3779B1 ^ uint32(getg().goid)*0x85EBCA6B | 1
	}
	// Marsaglia, "Xorshift RNGs", 2003.
	x := c.random
	x ^= x << 13
	x ^= x >> 17
	x ^= x << 5
	c.random = x
	if mp := getg().m; mp.locks != 0 || mp.preemptoff != "" || mp.mallocing != 0 {
		return
	}
	switch {
	case x%256 == 0:
		usleep(20 + x>>8%200)
	case x%4 == 0:
		goschedguarded()
	}
}
