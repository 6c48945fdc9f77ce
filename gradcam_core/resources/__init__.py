"""What the machine has, and who may have it when: cores, memory, queues, limits and stores."""
