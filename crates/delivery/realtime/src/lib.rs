//! Connections and fan-out of Kabar: bounded queues, in order, without holes
