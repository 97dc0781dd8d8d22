// The witness of the server-side apply cases: runs sequences of updates and applies through sigs.k8s.io/structured-merge-diff itself.
//   oracle SCHEMA < cases.jsonl > expected.jsonl
// SCHEMA is the YAML between the backticks of client-go's applyconfigurations/internal/internal.go. To build it, unpack Debian's
// golang-k8s-sigs-structured-merge-diff-v6-dev, golang-k8s-sigs-yaml-dev, golang-github-json-iterator-go-dev, golang-github-modern-go-*-dev
// and golang-gopkg-yaml.v*-dev into one GOPATH, and run `GO111MODULE=off go build`.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"

	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
	"sigs.k8s.io/structured-merge-diff/v6/value"
)

type op struct {
	Op      string          `json:"op"` // apply, force, update
	Manager string          `json:"manager"`
	Object  json.RawMessage `json:"object"`
}
type kase struct {
	Type string          `json:"type"`
	Zero json.RawMessage `json:"zero"`
	Ops  []op            `json:"ops"`
}
type conv struct{}

func (conv) Convert(o *typed.TypedValue, v fieldpath.APIVersion) (*typed.TypedValue, error) { return o, nil }
func (conv) IsMissingVersionError(error) bool                                              { return false }

func main() {
	y, _ := os.ReadFile(os.Args[1])
	p, err := typed.NewParser(typed.YAMLObject(y))
	if err != nil {
		panic(err)
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var k kase
		if err := json.Unmarshal(in.Bytes(), &k); err != nil {
			panic(err)
		}
		t := p.Type(k.Type)
		live, err := t.FromYAML(typed.YAMLObject(k.Zero), typed.AllowDuplicates)
		if err != nil {
			panic(err)
		}
		managers := fieldpath.ManagedFields{}
		up := (&merge.UpdaterBuilder{Converter: conv{}, ReturnInputOnNoop: true}).BuildUpdater()
		var steps []map[string]interface{}
		for _, o := range k.Ops {
			step := map[string]interface{}{}
			opts := []typed.ValidationOptions{}
			if o.Op == "update" {
				opts = append(opts, typed.AllowDuplicates)
			}
			obj, err := t.FromYAML(typed.YAMLObject(o.Object), opts...)
			if err != nil {
				step["error"] = err.Error()
				steps = append(steps, step)
				continue
			}
			saved := managers.Copy()
			if o.Op == "update" {
				var nm fieldpath.ManagedFields
				_, nm, err = up.Update(live, obj, "v1", managers, o.Manager)
				if err == nil {
					live, managers = obj, nm
				}
			} else {
				var no *typed.TypedValue
				var nm fieldpath.ManagedFields
				no, nm, err = up.Apply(live, obj, "v1", managers, o.Manager, o.Op == "force")
				if err == nil {
					managers = nm
					if no != nil {
						live = no
					}
				}
			}
			if err != nil {
				managers = saved
				if c, ok := err.(merge.Conflicts); ok {
					var l []string
					for _, x := range c {
						l = append(l, x.Manager+" "+x.Path.String())
					}
					sort.Strings(l)
					step["conflicts"] = strings.Join(l, "\n")
				} else {
					step["error"] = err.Error()
				}
			}
			lb, _ := value.ToJSON(live.AsValue()); step["live"] = json.RawMessage(lb)
			m := map[string]json.RawMessage{}
			for name, s := range managers {
				b, _ := s.Set().ToJSON()
				m[name] = b
			}
			step["managers"] = m
			steps = append(steps, step)
		}
		b, err := json.Marshal(steps)
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(out, string(b))
	}
}
