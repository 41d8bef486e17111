package app_test

import (
	"os"
	"testing"

	"github.com/medibloc/panacea/app"
)

func TestMain(m *testing.M) {
	app.ConfigureSDK()
	os.Exit(m.Run())
}
