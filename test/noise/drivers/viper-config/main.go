// The configuration file changes while a request reads a value.
package main

import (
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/viper"
)

func main() {
	dir, err := os.MkdirTemp("", "viper")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "config.yaml")
	write := func(i int) {
		if err := os.WriteFile(file, []byte("port: "+strconv.Itoa(i)+"\n"), 0o600); err != nil {
			panic(err)
		}
	}
	write(0)
	v := viper.New()
	v.SetConfigFile(file)
	if err := v.ReadInConfig(); err != nil {
		panic(err)
	}
	v.WatchConfig()
	for i := 0; i < 50; i++ {
		write(i)
		for i := 0; i < 200; i++ {
			v.GetInt("port")
			v.InConfig("port")
		}
		time.Sleep(2 * time.Millisecond)
	}
}
