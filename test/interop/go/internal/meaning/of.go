package meaning

import (
	"encoding/hex"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const maxSafeInteger = 1<<53 - 1

// Of tells the meaning of a value, as what json.Marshal takes: Object, []any,
// string, bool, nil, int64 or float64.
func Of(value any) any {
	if message, ok := value.(proto.Message); ok {
		return ofMessage(message.ProtoReflect())
	}
	return of(reflect.ValueOf(value))
}

func of(v reflect.Value) any {
	if !v.IsValid() {
		return nil
	}
	if t, ok := v.Interface().(time.Time); ok {
		return ofTime(t)
	}
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return ofInt(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return ofUint(v.Uint())
	case reflect.Float32, reflect.Float64:
		return ofFloat(v.Float())
	case reflect.String:
		return v.String()
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return of(v.Elem())
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return ofBytes(v.Bytes())
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = of(v.Index(i))
		}
		return list
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		object := Object{}
		for _, key := range v.MapKeys() {
			object = append(object, Member{key.String(), of(v.MapIndex(key))})
		}
		return sorted(object)
	case reflect.Struct:
		return ofStruct(v)
	default:
		panic(fmt.Sprintf("no meaning for a %s", v.Type()))
	}
}

func ofStruct(v reflect.Value) Object {
	object := Object{}
	for i := range v.NumField() {
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name == "" {
			name = v.Type().Field(i).Name
		}
		if options == "omitempty" && v.Field(i).IsZero() {
			continue
		}
		object = append(object, Member{name, of(v.Field(i))})
	}
	return object
}

func ofMessage(m protoreflect.Message) any {
	if t, ok := m.Interface().(*timestamppb.Timestamp); ok {
		return ofTime(t.AsTime())
	}
	object := Object{}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		object = append(object, Member{field.JSONName(), ofField(m, field)})
	}
	return object
}

func ofField(m protoreflect.Message, field protoreflect.FieldDescriptor) any {
	value := m.Get(field)
	switch {
	case field.IsList():
		list := make([]any, value.List().Len())
		for i := range list {
			list[i] = ofProto(value.List().Get(i))
		}
		return list
	case field.IsMap():
		object := Object{}
		value.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			object = append(object, Member{key.String(), ofProto(value)})
			return true
		})
		return sorted(object)
	case field.HasPresence() && !m.Has(field):
		return nil
	default:
		return ofProto(value)
	}
}

func ofProto(value protoreflect.Value) any {
	switch value := value.Interface().(type) {
	case protoreflect.Message:
		return ofMessage(value)
	case []byte:
		return ofBytes(value) // Protobuf has no nil bytes
	default:
		return of(reflect.ValueOf(value))
	}
}

func sorted(object Object) Object {
	slices.SortFunc(object, func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
	return object
}

func ofTime(t time.Time) any {
	return Object{{"$time", t.UTC().Format(time.RFC3339Nano)}}
}

func ofBytes(bytes []byte) any {
	return Object{{"$bytes", hex.EncodeToString(bytes)}}
}

func ofInt(n int64) any {
	if n > maxSafeInteger || n < -maxSafeInteger {
		return Object{{"$int", strconv.FormatInt(n, 10)}}
	}
	return n
}

func ofUint(n uint64) any {
	if n > maxSafeInteger {
		return Object{{"$int", strconv.FormatUint(n, 10)}}
	}
	return int64(n)
}

func ofFloat(f float64) any {
	switch {
	case math.IsNaN(f):
		return Object{{"$float", "NaN"}}
	case math.IsInf(f, 1):
		return Object{{"$float", "Infinity"}}
	case math.IsInf(f, -1):
		return Object{{"$float", "-Infinity"}}
	case f == 0 && math.Signbit(f):
		return Object{{"$float", "-0"}}
	default:
		return f
	}
}

// TypeName is the name of a Command's or Result's type in the protocol.
func TypeName(value any) string {
	t := reflect.TypeOf(value)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}
