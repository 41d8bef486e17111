package jsonpath_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/medibloc/panacea/vc/pex/jsonpath"
)

// store is the document of Presentation Exchange's and RFC 9535's examples (§1.5).
const store = `{ "store": {
    "book": [
      { "category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95 },
      { "category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99 },
      { "category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3", "price": 8.99 },
      { "category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings", "isbn": "0-395-19395-8", "price": 22.99 }
    ],
    "bicycle": { "color": "red", "price": 399 }
  }
}`

func parse(t testing.TB, text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v))
	return v
}

func visits(n int) *int { return &n }

func TestExpressions(t *testing.T) {
	const book = "/store/book/"
	for _, c := range []struct {
		document, path string
		want           []string
	}{
		// RFC 9535 table 2, Presentation Exchange "JSONPath Syntax Definition".
		{store, "$.store.book[*].author", []string{book + "0/author", book + "1/author", book + "2/author", book + "3/author"}},
		{store, "$..author", []string{book + "0/author", book + "1/author", book + "2/author", book + "3/author"}},
		{store, "$.store.*", []string{"/store/bicycle", "/store/book"}},
		{store, "$.store..price", []string{"/store/bicycle/price", book + "0/price", book + "1/price", book + "2/price", book + "3/price"}},
		{store, "$..book[2]", []string{book + "2"}},
		{store, "$..book[2].publisher", nil},
		{store, "$..book[-1]", []string{book + "3"}},
		{store, "$..book[-1:]", []string{book + "3"}},
		{store, "$..book[0,1]", []string{book + "0", book + "1"}},
		{store, "$..book[:2]", []string{book + "0", book + "1"}},
		{store, "$..book[?@.isbn]", []string{book + "2", book + "3"}},
		{store, "$..book[?(@.isbn)]", []string{book + "2", book + "3"}},
		{store, "$..book[?(@.price<10)]", []string{book + "0", book + "2"}},
		{store, "$..book[?(@.price==8.95)]", []string{book + "0"}},
		{store, `$..book[?(@.price<30 && @.category=="fiction")]`, []string{book + "1", book + "2", book + "3"}},
		{store, `$..book[?@.price >= 12.99 || !@.isbn]['title', "price"]`, []string{
			book + "0/title", book + "0/price", book + "1/title", book + "1/price", book + "3/title", book + "3/price"}},
		{store, `$..book[?@.price > $.store.book[1].price].title`, []string{book + "3/title"}},
		{store, `$..book[?!(@.price < 10)].title`, []string{book + "1/title", book + "3/title"}},
		// RFC 9535 §2.3.1.3, names.
		{`{"o":{"j j":{"k.k":3}},"'":{"@":2}}`, `$.o['j j']['k.k']`, []string{"/o/j j/k.k"}},
		{`{"o":{"j j":{"k.k":3}},"'":{"@":2}}`, `$["'"]["@"]`, []string{"/'/@"}},
		{`{"a/b~":{"☺":1}}`, `$['a/b~']['\u263a']`, []string{"/a~1b~0/☺"}},
		{`{"a/b~":{"☺":1}}`, `$['a\/b~'].☺`, []string{"/a~1b~0/☺"}},
		{`{"😀":1}`, `$['\uD83D\uDE00']`, []string{"/😀"}},
		// §2.3.4.3, slices.
		{`["a","b","c","d","e","f","g"]`, "$[1:3]", []string{"/1", "/2"}},
		{`["a","b","c","d","e","f","g"]`, "$[5:]", []string{"/5", "/6"}},
		{`["a","b","c","d","e","f","g"]`, "$[1:5:2]", []string{"/1", "/3"}},
		{`["a","b","c","d","e","f","g"]`, "$[5:1:-2]", []string{"/5", "/3"}},
		{`["a","b","c","d","e","f","g"]`, "$[::-1]", []string{"/6", "/5", "/4", "/3", "/2", "/1", "/0"}},
		{`["a","b"]`, "$[::0]", nil},
		{`["a","b"]`, "$[-100:100]", []string{"/0", "/1"}},
		{`["a","b"]`, "$[100:-100:-1]", []string{"/1", "/0"}},
		{`["a","b"]`, "$[2]", nil},
		{`["a","b"]`, "$[-3]", nil},
		// §2.3.5.3, filters.
		{`{"a":[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}],"o":{"p":1,"q":2},"e":"f"}`, "$.a[?@.b == 'kilo']", []string{"/a/9"}},
		{`{"a":[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}],"o":{"p":1,"q":2},"e":"f"}`, "$.a[?@>3.5]", []string{"/a/1", "/a/4", "/a/5"}},
		{`{"a":[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}],"o":{"p":1,"q":2},"e":"f"}`, `$.a[?@<2 || @.b == "k"]`, []string{"/a/2", "/a/7"}},
		{`{"a":[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}],"o":{"p":1,"q":2},"e":"f"}`, "$.o[?@>1 && @<4]", []string{"/o/q"}},
		{`{"a":[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}],"o":{"p":1,"q":2},"e":"f"}`, "$.a[?@.b == $.x]", []string{"/a/0", "/a/1", "/a/2", "/a/3", "/a/4", "/a/5"}},
		{`{"a":[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}],"o":{"p":1,"q":2},"e":"f"}`, "$.a[?@ == @]", []string{"/a/0", "/a/1", "/a/2", "/a/3", "/a/4", "/a/5", "/a/6", "/a/7", "/a/8", "/a/9"}},
		{`{"a":[1,1.0,1e0,"1",true,null]}`, "$.a[?@==1]", []string{"/a/0", "/a/1", "/a/2"}},
		{`{"a":[1,true,null,false]}`, "$.a[?@==null]", []string{"/a/2"}},
		{`{"a":[[1,{"x":2}],[1,{"x":3}]],"b":[1,{"x":2.0}]}`, "$.a[?@==$.b]", []string{"/a/0"}},
		{`{"a":[{"b":[{"c":1}]},{"b":[{"d":1}]}]}`, "$.a[?@.b[?@.c]]", []string{"/a/0"}},
		{`{"a":1}`, "$", []string{""}},
		{`{"a":[[0]]}`, "$..*", []string{"/a", "/a/0", "/a/0/0"}},
		{`{"a":{"b":1}}`, "$ .a [ 'b' ]", []string{"/a/b"}},
	} {
		t.Run(c.path, func(t *testing.T) {
			p, err := jsonpath.Parse(c.path)
			require.NoError(t, err)
			nodes, err := p.Select(parse(t, c.document), visits(10_000))
			require.NoError(t, err)
			var got []string
			for _, n := range nodes {
				got = append(got, n.Pointer())
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestRefusedExpressions(t *testing.T) {
	for _, text := range []string{
		"", "a", "@", "$.", "$..", "$[", "$[]", "$[a]", "$['a]", `$["a\q"]`, `$['\ud800']`, `$['\ud800\u0041']`, `$['\uD8`, "$.a.", "$a", "$.1a", "$[01]",
		"$[-0]", "$[99999999999]", "$[1:2:3:4]", "$[?]", "$[?@.a ==]", "$[?1]", "$[?@.* == 1]", "$[?@..a == 1]", "$[?(@.a]", "$[?@.a=1]", "$[?length(@) > 1]",
		"$..book[(@.length-1)]", "$ ", "$.a ", "$[?@ == 1e9999]", "$[?@ == 01]", "$['a\x01']", "$['a' 'b']", "$[,]", "$[?!@.a == 1]", "$\xff", "$.a\xff",
		"$[?" + strings.Repeat("(", 20) + "@.a" + strings.Repeat(")", 20) + "]", "$" + strings.Repeat(".a", 1024),
	} {
		t.Run(text[:min(len(text), 40)], func(t *testing.T) {
			_, err := jsonpath.Parse(text)
			require.ErrorIs(t, err, jsonpath.ErrSyntax)
		})
	}
}

func TestEvaluationStopsAtItsBound(t *testing.T) {
	document := parse(t, strings.Repeat("[", 50)+strings.Repeat("1,", 500)+"1"+strings.Repeat("]", 50))
	for _, text := range []string{"$..*..*..*", "$..[*,*,*,*]..[*,*,*,*]", "$..[?@..[?@..*]]"} {
		p, err := jsonpath.Parse(text)
		require.NoError(t, err)
		_, err = p.Select(document, visits(20_000))
		require.ErrorIs(t, err, jsonpath.ErrLimit, text)
	}
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"$.store.book[*].author", "$..book[?(@.price<30 && @.category==\"fiction\")]", "$['a',\"b\",1,-1,1:2:3,*]", "$[?@.a==$.b||!(@.c)]", `$['\uD83D\uDE00']`} {
		f.Add(s, store)
	}
	f.Fuzz(func(t *testing.T, text, document string) {
		p, err := jsonpath.Parse(text)
		if err != nil {
			if !errors.Is(err, jsonpath.ErrSyntax) {
				t.Fatal(err)
			}
			return
		}
		var v any
		if len(document) > 1<<16 || json.Unmarshal([]byte(document), &v) != nil {
			return
		}
		nodes, err := p.Select(v, visits(5000))
		if err != nil && !errors.Is(err, jsonpath.ErrLimit) {
			t.Fatal(err)
		}
		for _, n := range nodes {
			_ = n.Pointer()
		}
	})
}
