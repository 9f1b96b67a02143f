package vectors

import (
	"bytes"
	"encoding/json"
	"strings"

	"cmd-stream.test/interop/internal/meaning"
)

// lineWidth is how long a list on one line may be; with it and the rules below
// the text is as the repository's formatter would leave it.
const lineWidth = 120

func format(vectors []vector) []byte {
	list := make([]any, len(vectors))
	for i, v := range vectors {
		list[i] = v.object()
	}
	p := &printer{}
	p.value(list, "", 0)
	p.WriteByte('\n')
	return p.Bytes()
}

type printer struct{ bytes.Buffer }

// value prints a value whose line starts with indent and has used columns before it.
func (p *printer) value(value any, indent string, used int) {
	switch value := value.(type) {
	case meaning.Object:
		p.object(value, indent)
	case []any:
		if line, ok := oneLine(value); ok && used+len([]rune(line))+len(",") <= lineWidth {
			p.WriteString(line)
			return
		}
		p.list(value, indent)
	default:
		p.WriteString(scalar(value))
	}
}

func (p *printer) object(object meaning.Object, indent string) {
	if len(object) == 0 {
		p.WriteString("{}")
		return
	}
	p.WriteString("{\n")
	for i, member := range object {
		name := indent + "  " + scalar(member.Name) + ": "
		p.WriteString(name)
		p.value(member.Value, indent+"  ", len(name))
		p.separator(i, len(object))
	}
	p.WriteString(indent + "}")
}

func (p *printer) list(list []any, indent string) {
	p.WriteString("[\n")
	for i, item := range list {
		p.WriteString(indent + "  ")
		p.value(item, indent+"  ", len(indent)+2)
		p.separator(i, len(list))
	}
	p.WriteString(indent + "]")
}

func (p *printer) separator(i, length int) {
	if i < length-1 {
		p.WriteByte(',')
	}
	p.WriteByte('\n')
}

// oneLine prints a list in which there is no object.
func oneLine(list []any) (string, bool) {
	texts := make([]string, len(list))
	for i, item := range list {
		switch item := item.(type) {
		case meaning.Object:
			return "", false
		case []any:
			line, ok := oneLine(item)
			if !ok {
				return "", false
			}
			texts[i] = line
		default:
			texts[i] = scalar(item)
		}
	}
	return "[" + strings.Join(texts, ", ") + "]", true
}

func scalar(value any) string {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	text := strings.TrimSuffix(buffer.String(), "\n")
	if _, isNumber := value.(float64); isNumber {
		return strings.Replace(text, "e+", "e", 1)
	}
	return text
}

func count(text []byte, what string) int { return bytes.Count(text, []byte(what)) }
