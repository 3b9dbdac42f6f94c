// The chat server of the tutorial that chatd grew out of, written anew from its description: a file server, a map of
// clients, a channel, and one goroutine that writes what comes out of it to each of them.
package main

import (
	"flag"
	"log"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
)

// Message is what goes both ways.
type Message struct {
	Email    string `json:"email"`
	Username string `json:"username"`
	Message  string `json:"message"`
}

// The mutex is the one thing that the tutorial has not: there the goroutines race for the map, and Go may stop the
// program for it.
var (
	mutex     sync.Mutex
	clients   = make(map[*websocket.Conn]bool)
	broadcast = make(chan Message)
	upgrader  = websocket.Upgrader{}
)

func handleConnections(w http.ResponseWriter, r *http.Request) {
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		log.Print(err)
		return
	}
	defer ws.Close()

	mutex.Lock()
	clients[ws] = true
	mutex.Unlock()

	for {
		var msg Message
		if err := ws.ReadJSON(&msg); err != nil {
			mutex.Lock()
			delete(clients, ws)
			mutex.Unlock()
			return
		}
		broadcast <- msg
	}
}

func handleMessages() {
	for {
		msg := <-broadcast
		mutex.Lock()
		for client := range clients {
			if err := client.WriteJSON(msg); err != nil {
				client.Close()
				delete(clients, client)
			}
		}
		mutex.Unlock()
	}
}

func main() {
	address := flag.String("listen", "127.0.0.1:8000", "where to listen")
	public := flag.String("public", "public", "the folder with the page")
	certificate := flag.String("cert", "", "a certificate, for TLS")
	key := flag.String("key", "", "its key")
	flag.Parse()

	http.Handle("/", http.FileServer(http.Dir(*public)))
	http.HandleFunc("/ws", handleConnections)
	go handleMessages()

	var err error
	if *certificate != "" {
		err = http.ListenAndServeTLS(*address, *certificate, *key, nil)
	} else {
		err = http.ListenAndServe(*address, nil)
	}
	log.Fatal(err)
}
