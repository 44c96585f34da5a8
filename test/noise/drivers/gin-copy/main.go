// A handler copies its context for a goroutine, as the documentation asks, while another one still sets keys.
package main

import (
	"net/http/httptest"
	"strconv"

	"github.com/gin-gonic/gin"
)

func main() {
	gin.SetMode(gin.ReleaseMode)
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Set("user", "gopher")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; i < 1000; i++ {
			c.Set(strconv.Itoa(i), i)
		}
	}()
	for i := 0; i < 1000; i++ {
		c.Copy()
	}
	<-done
}
