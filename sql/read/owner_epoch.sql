SELECT epoch FROM owner
