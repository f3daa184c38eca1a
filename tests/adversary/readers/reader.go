// What a server in Go reads in each body: one base64 line in, one line of JSON out; null where it refuses.
// Members are matched as encoding/json does, without case; what follows the first value is left unread.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
)

type message struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Params  struct {
		Name      string          `json:"name"`
		URI       string          `json:"uri"`
		Arguments json.RawMessage `json:"arguments"`
	} `json:"params"`
}

type read struct {
	Method string `json:"method"`
	Name   string `json:"name"`
	URI    string `json:"uri"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	answers := json.NewEncoder(out)
	answers.SetEscapeHTML(false)
	for lines.Scan() {
		body, _ := base64.StdEncoding.DecodeString(lines.Text())
		var found message
		if json.NewDecoder(bytes.NewReader(body)).Decode(&found) != nil {
			answers.Encode(nil)
			continue
		}
		answers.Encode(read{found.Method, found.Params.Name, found.Params.URI})
	}
}
